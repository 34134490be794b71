using Grpc.Core;
using SwarmOrleans.Contracts;
using SwarmOrleans.Control;
using SwarmOrleans.Security;

namespace SwarmOrleans.Silo.Rpc;

/// <summary>Network attachments over gRPC. The caller's node is the one in its certificate.</summary>
public sealed class ResourceAllocatorService(NetworkAttachments attachments, SecurityConfig security) : ResourceAllocator.ResourceAllocatorBase
{
    /// <inheritdoc />
    public override Task<AttachNetworkResponse> AttachNetwork(AttachNetworkRequest request, ServerCallContext context) =>
        UseCaseErrors.AnswerAsync(async () => new AttachNetworkResponse
        {
            AttachmentId = await attachments.AttachAsync(
                CallerContext.NodeIdOf(context, security), request.Config, request.ContainerId, context.CancellationToken),
        });

    /// <inheritdoc />
    public override Task<DetachNetworkResponse> DetachNetwork(DetachNetworkRequest request, ServerCallContext context) =>
        UseCaseErrors.AnswerAsync(async () =>
        {
            await attachments.DetachAsync(CallerContext.NodeIdOf(context, security), request.AttachmentId, context.CancellationToken);
            return new DetachNetworkResponse();
        });
}
