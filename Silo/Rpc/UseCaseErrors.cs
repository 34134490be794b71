using Grpc.Core;
using SwarmOrleans.Control;

namespace SwarmOrleans.Silo.Rpc;

/// <summary>Refusals of use cases as gRPC spells them.</summary>
internal static class UseCaseErrors
{
    /// <summary>The call's answer, or its refusal as a status.</summary>
    public static async Task<T> AnswerAsync<T>(Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (UseCaseException e)
        {
            throw ToRpc(e);
        }
    }

    public static RpcException ToRpc(UseCaseException e) => new(new Status(
        e.Error switch
        {
            UseCaseError.InvalidArgument => StatusCode.InvalidArgument,
            UseCaseError.NotFound => StatusCode.NotFound,
            UseCaseError.AlreadyExists => StatusCode.AlreadyExists,
            UseCaseError.PermissionDenied => StatusCode.PermissionDenied,
            UseCaseError.FailedPrecondition => StatusCode.FailedPrecondition,
            UseCaseError.Unimplemented => StatusCode.Unimplemented,
            _ => StatusCode.Unavailable,
        },
        e.Message));
}
