using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using SwarmOrleans.Contracts;
using SwarmOrleans.Security;
using SwarmOrleans.Silo.Dispatching;

namespace SwarmOrleans.Silo.Rpc;

/// <summary>The dispatcher over gRPC.</summary>
public sealed class DispatcherService(DispatcherCore core, SecurityConfig security) : Dispatcher.DispatcherBase
{
    /// <inheritdoc />
    public override Task Session(SessionRequest request, IServerStreamWriter<SessionMessage> responseStream, ServerCallContext context) =>
        StreamAsync(
            core.SessionAsync(CallerContext.NodeIdOf(context, security), CallerContext.AddressOf(context), request, context.CancellationToken),
            responseStream,
            context);

    /// <inheritdoc />
    public override Task<HeartbeatResponse> Heartbeat(HeartbeatRequest request, ServerCallContext context) => TranslateAsync(() =>
        Task.FromResult(new HeartbeatResponse
        {
            Period = Duration.FromTimeSpan(core.Heartbeat(CallerContext.NodeIdOf(context, security), request.SessionId)),
        }));

    /// <inheritdoc />
    public override Task<UpdateTaskStatusResponse> UpdateTaskStatus(UpdateTaskStatusRequest request, ServerCallContext context) =>
        TranslateAsync(async () =>
        {
            var node = CallerContext.NodeIdOf(context, security);
            await core.UpdateTaskStatusAsync(node, request.SessionId, request.Updates, context.CancellationToken);
            return new UpdateTaskStatusResponse();
        });

    /// <inheritdoc />
    public override Task Assignments(AssignmentsRequest request, IServerStreamWriter<AssignmentsMessage> responseStream, ServerCallContext context) =>
        StreamAsync(
            core.AssignmentsAsync(CallerContext.NodeIdOf(context, security), request.SessionId, context.CancellationToken), responseStream, context);

    /// <inheritdoc />
    public override Task Tasks(TasksRequest request, IServerStreamWriter<TasksMessage> responseStream, ServerCallContext context) =>
        StreamAsync(core.TasksAsync(CallerContext.NodeIdOf(context, security), request.SessionId, context.CancellationToken), responseStream, context);

    private static Task<bool> StreamAsync<T>(IAsyncEnumerable<T> messages, IServerStreamWriter<T> stream, ServerCallContext context) =>
        TranslateAsync(async () =>
        {
            try
            {
                await foreach (var message in messages)
                {
                    await stream.WriteAsync(message, context.CancellationToken);
                }
            }
            catch (OperationCanceledException) when (context.CancellationToken.IsCancellationRequested)
            {
                // The agent has gone.
            }

            return true;
        });

    private static async Task<T> TranslateAsync<T>(Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (DispatcherException e)
        {
            throw new RpcException(new Status(System.Enum.Parse<StatusCode>(e.Error.ToString()), e.Message));
        }
    }
}
