using Grpc.Core;
using SwarmOrleans.Contracts;
using SwarmOrleans.Control;
using ExplainerRpc = SwarmOrleans.Contracts.Explainer;

namespace SwarmOrleans.Silo.Rpc;

/// <summary>Explanations over gRPC.</summary>
public sealed class ExplainerService(Explanations explanations) : ExplainerRpc.ExplainerBase
{
    /// <inheritdoc />
    public override Task<TaskExplanation> ExplainTask(ExplainTaskRequest request, ServerCallContext context) =>
        UseCaseErrors.AnswerAsync(() => explanations.ExplainTaskAsync(request.TaskId, request.Limit, context.CancellationToken));

    /// <inheritdoc />
    public override Task<ServiceExplanation> ExplainService(ExplainServiceRequest request, ServerCallContext context) =>
        UseCaseErrors.AnswerAsync(() => explanations.ExplainServiceAsync(request.ServiceId, context.CancellationToken));
}
