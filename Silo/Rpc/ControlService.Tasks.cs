using Grpc.Core;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Silo.Rpc;

/// <summary>Tasks over gRPC.</summary>
public sealed partial class ControlService
{
    /// <inheritdoc />
    public override Task<GetTaskResponse> GetTask(GetTaskRequest request, ServerCallContext context) =>
        AnswerAsync(async () => new GetTaskResponse { Task = await tasks.GetAsync(request.TaskId, context.CancellationToken) });

    /// <inheritdoc />
    public override Task<ListTasksResponse> ListTasks(ListTasksRequest request, ServerCallContext context) => AnswerAsync(async () =>
    {
        var response = new ListTasksResponse();
        response.Tasks.AddRange(await tasks.ListAsync(request.Filters, context.CancellationToken));
        return response;
    });

    /// <inheritdoc />
    public override Task<RemoveTaskResponse> RemoveTask(RemoveTaskRequest request, ServerCallContext context) => AnswerAsync(async () =>
    {
        await tasks.RemoveAsync(request.TaskId, context.CancellationToken);
        return new RemoveTaskResponse();
    });
}
