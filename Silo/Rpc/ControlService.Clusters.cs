using Grpc.Core;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Silo.Rpc;

/// <summary>Cluster settings over gRPC.</summary>
public sealed partial class ControlService
{
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
}
