using Grpc.Core;
using SwarmOrleans.Contracts;
using SwarmOrleans.Control;

namespace SwarmOrleans.Silo.Rpc;

/// <summary>Services over gRPC.</summary>
public sealed partial class ControlService
{
    /// <inheritdoc />
    public override Task<CreateServiceResponse> CreateService(CreateServiceRequest request, ServerCallContext context) =>
        AnswerAsync(async () => new CreateServiceResponse { Service = await services.CreateAsync(request.Spec, context.CancellationToken) });

    /// <inheritdoc />
    public override Task<GetServiceResponse> GetService(GetServiceRequest request, ServerCallContext context) =>
        AnswerAsync(async () => new GetServiceResponse
        {
            Service = await services.GetAsync(request.ServiceId, request.InsertDefaults, context.CancellationToken),
            Revisions = { await rollouts.ListRevisionsAsync(request.ServiceId, context.CancellationToken) },
        });

    /// <inheritdoc />
    public override Task<ListServicesResponse> ListServices(ListServicesRequest request, ServerCallContext context) => AnswerAsync(async () =>
    {
        var response = new ListServicesResponse();
        response.Services.AddRange(await services.ListAsync(request.Filters, context.CancellationToken));
        return response;
    });

    /// <inheritdoc />
    public override Task<UpdateServiceResponse> UpdateService(UpdateServiceRequest request, ServerCallContext context) => AnswerAsync(async () =>
    {
        if (request.Rollout == RolloutAction.PlanRebalance)
        {
            return new UpdateServiceResponse { RebalancePlan = await rollouts.PlanRebalanceAsync(request.ServiceId, context.CancellationToken) };
        }

        return new UpdateServiceResponse
        {
            Service = ServiceRollouts.Concerns(request)
                ? await rollouts.ChangeAsync(request, context.CancellationToken)
                : await services.UpdateAsync(
                    request.ServiceId, request.ServiceVersion, request.Spec, request.Rollback, context.CancellationToken),
        };
    });

    /// <inheritdoc />
    public override Task<RemoveServiceResponse> RemoveService(RemoveServiceRequest request, ServerCallContext context) => AnswerAsync(async () =>
    {
        await services.RemoveAsync(request.ServiceId, context.CancellationToken);
        return new RemoveServiceResponse();
    });

    /// <inheritdoc />
    public override Task<ListServiceStatusesResponse> ListServiceStatuses(ListServiceStatusesRequest request, ServerCallContext context) =>
        AnswerAsync(async () =>
        {
            var response = new ListServiceStatusesResponse();
            response.Statuses.AddRange(await services.ListStatusesAsync(request.Services, context.CancellationToken));
            return response;
        });
}
