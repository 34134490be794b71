using Grpc.Core;
using SwarmOrleans.Contracts;
using SwarmOrleans.Control;
using SwarmOrleans.Silo.Planning;
using ExplainerRpc = SwarmOrleans.Contracts.Explainer;

namespace SwarmOrleans.Silo.Rpc;

/// <summary>Explanations and plans over gRPC.</summary>
public sealed class ExplainerService(Explanations explanations, ServicePlanner planner) : ExplainerRpc.ExplainerBase
{
    /// <inheritdoc />
    public override Task<TaskExplanation> ExplainTask(ExplainTaskRequest request, ServerCallContext context) =>
        UseCaseErrors.AnswerAsync(() => explanations.ExplainTaskAsync(request.TaskId, request.Limit, context.CancellationToken));

    /// <inheritdoc />
    public override Task<ServiceExplanation> ExplainService(ExplainServiceRequest request, ServerCallContext context) =>
        UseCaseErrors.AnswerAsync(() => explanations.ExplainServiceAsync(request.ServiceId, context.CancellationToken));

    /// <inheritdoc />
    public override Task<PlanServiceResponse> PlanService(PlanServiceRequest request, ServerCallContext context) =>
        UseCaseErrors.AnswerAsync(() => planner.PlanAsync(request, context.CancellationToken));
}
