using Grpc.Core;
using Grpc.Core.Interceptors;
using SwarmOrleans.Security;
using SwarmOrleans.Store;

namespace SwarmOrleans.Silo.Rpc;

/// <summary>Lets a call through only if the role table says so and the caller has not been removed from the swarm.</summary>
public sealed class AuthorizationInterceptor(SecurityConfig security, ISwarmStore store) : Interceptor
{
    /// <inheritdoc />
    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        Check(context);
        return continuation(request, context);
    }

    /// <inheritdoc />
    public override Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation)
    {
        Check(context);
        return continuation(requestStream, context);
    }

    /// <inheritdoc />
    public override Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        Check(context);
        return continuation(request, responseStream, context);
    }

    /// <inheritdoc />
    public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        Check(context);
        return continuation(requestStream, responseStream, context);
    }

    private void Check(ServerCallContext context)
    {
        var caller = CallerContext.Of(context, security);
        var refusal = RoleTable.Refuse(context.Method, caller);
        if (caller is not null && store.Current.Cluster?.BlacklistedCertificates.ContainsKey(caller.NodeId) == true)
        {
            refusal = $"Permission denied: node {caller.NodeId} was removed from swarm";
        }

        if (refusal is not null)
        {
            throw new RpcException(new Status(StatusCode.PermissionDenied, refusal));
        }
    }
}
