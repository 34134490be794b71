using Grpc.Core;
using SwarmOrleans.Contracts;
using SwarmOrleans.Control;
using ControlRpc = SwarmOrleans.Contracts.Control;

namespace SwarmOrleans.Silo.Rpc;

/// <summary>The Control API over gRPC. RPCs that are not here answer UNIMPLEMENTED.</summary>
public sealed class ControlService(Services services, ServiceRollouts rollouts, Tasks tasks, Nodes nodes, Clusters clusters, Configs configs) : ControlRpc.ControlBase
{
    /// <inheritdoc />
    public override Task<CreateServiceResponse> CreateService(CreateServiceRequest request, ServerCallContext context) =>
        AnswerAsync(async () => new CreateServiceResponse { Service = await services.CreateAsync(request.Spec, context.CancellationToken) });

    /// <inheritdoc />
    public override Task<GetServiceResponse> GetService(GetServiceRequest request, ServerCallContext context) =>
        AnswerAsync(async () => new GetServiceResponse
        {
            Service = await services.GetAsync(request.ServiceId, context.CancellationToken),
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
        new UpdateServiceResponse
        {
            Service = ServiceRollouts.Concerns(request)
                ? await rollouts.ChangeAsync(request, context.CancellationToken)
                : await services.UpdateAsync(
                    request.ServiceId, request.ServiceVersion, request.Spec, request.Rollback, context.CancellationToken),
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

    /// <inheritdoc />
    public override Task<GetNodeResponse> GetNode(GetNodeRequest request, ServerCallContext context) =>
        AnswerAsync(async () => new GetNodeResponse { Node = await nodes.GetAsync(request.NodeId, context.CancellationToken) });

    /// <inheritdoc />
    public override Task<ListNodesResponse> ListNodes(ListNodesRequest request, ServerCallContext context) => AnswerAsync(async () =>
    {
        var response = new ListNodesResponse();
        response.Nodes.AddRange(await nodes.ListAsync(request.Filters, context.CancellationToken));
        return response;
    });

    /// <inheritdoc />
    public override Task<UpdateNodeResponse> UpdateNode(UpdateNodeRequest request, ServerCallContext context) => AnswerAsync(async () =>
        new UpdateNodeResponse { Node = await nodes.UpdateAsync(request.NodeId, request.NodeVersion, request.Spec, context.CancellationToken) });

    /// <inheritdoc />
    public override Task<RemoveNodeResponse> RemoveNode(RemoveNodeRequest request, ServerCallContext context) => AnswerAsync(async () =>
    {
        await nodes.RemoveAsync(request.NodeId, request.Force, context.CancellationToken);
        return new RemoveNodeResponse();
    });

    /// <inheritdoc />
    public override Task<CreateConfigResponse> CreateConfig(CreateConfigRequest request, ServerCallContext context) =>
        AnswerAsync(async () => new CreateConfigResponse { Config = await configs.CreateAsync(request.Spec, context.CancellationToken) });

    /// <inheritdoc />
    public override Task<GetConfigResponse> GetConfig(GetConfigRequest request, ServerCallContext context) =>
        AnswerAsync(async () => new GetConfigResponse { Config = await configs.GetAsync(request.ConfigId, context.CancellationToken) });

    /// <inheritdoc />
    public override Task<ListConfigsResponse> ListConfigs(ListConfigsRequest request, ServerCallContext context) => AnswerAsync(async () =>
    {
        var response = new ListConfigsResponse();
        response.Configs.AddRange(await configs.ListAsync(request.Filters, context.CancellationToken));
        return response;
    });

    /// <inheritdoc />
    public override Task<UpdateConfigResponse> UpdateConfig(UpdateConfigRequest request, ServerCallContext context) => AnswerAsync(async () =>
        new UpdateConfigResponse
        {
            Config = await configs.UpdateAsync(request.ConfigId, request.ConfigVersion, request.Spec, context.CancellationToken),
        });

    /// <inheritdoc />
    public override Task<RemoveConfigResponse> RemoveConfig(RemoveConfigRequest request, ServerCallContext context) => AnswerAsync(async () =>
    {
        await configs.RemoveAsync(request.ConfigId, context.CancellationToken);
        return new RemoveConfigResponse();
    });

    /// <inheritdoc />
    public override Task<GetClusterResponse> GetCluster(GetClusterRequest request, ServerCallContext context) =>
        AnswerAsync(async () => new GetClusterResponse { Cluster = await clusters.GetAsync(request.ClusterId, context.CancellationToken) });

    /// <inheritdoc />
    public override Task<ListClustersResponse> ListClusters(ListClustersRequest request, ServerCallContext context) => AnswerAsync(async () =>
    {
        var response = new ListClustersResponse();
        response.Clusters.AddRange(await clusters.ListAsync(request.Filters, context.CancellationToken));
        return response;
    });

    /// <inheritdoc />
    public override Task<UpdateClusterResponse> UpdateCluster(UpdateClusterRequest request, ServerCallContext context) => AnswerAsync(async () =>
        new UpdateClusterResponse
        {
            Cluster = await clusters.UpdateAsync(
                request.ClusterId, request.ClusterVersion, request.Spec, request.Rotation, context.CancellationToken),
        });

    private static async Task<T> AnswerAsync<T>(Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (UseCaseException e)
        {
            throw new RpcException(new Status(System.Enum.Parse<StatusCode>(e.Error.ToString()), e.Message));
        }
    }
}
