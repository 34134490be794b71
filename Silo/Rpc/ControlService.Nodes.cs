using Grpc.Core;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Silo.Rpc;

/// <summary>Nodes over gRPC.</summary>
public sealed partial class ControlService
{
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
}
