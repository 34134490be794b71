using Grpc.Core;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Silo.Rpc;

/// <summary>Extensions and their resources over gRPC.</summary>
public sealed partial class ControlService
{
    /// <inheritdoc />
    public override Task<CreateExtensionResponse> CreateExtension(CreateExtensionRequest request, ServerCallContext context) =>
        AnswerAsync(async () => new CreateExtensionResponse { Extension = await extensions.CreateAsync(request.Annotations, request.Description, context.CancellationToken) });

    /// <inheritdoc />
    public override Task<GetExtensionResponse> GetExtension(GetExtensionRequest request, ServerCallContext context) =>
        AnswerAsync(async () => new GetExtensionResponse { Extension = await extensions.GetAsync(request.ExtensionId, context.CancellationToken) });

    /// <inheritdoc />
    public override Task<RemoveExtensionResponse> RemoveExtension(RemoveExtensionRequest request, ServerCallContext context) => AnswerAsync(async () =>
    {
        await extensions.RemoveAsync(request.ExtensionId, context.CancellationToken);
        return new RemoveExtensionResponse();
    });

    /// <inheritdoc />
    public override Task<CreateResourceResponse> CreateResource(CreateResourceRequest request, ServerCallContext context) =>
        AnswerAsync(async () => new CreateResourceResponse { Resource = await resources.CreateAsync(request.Annotations, request.Kind, request.Payload, context.CancellationToken) });

    /// <inheritdoc />
    public override Task<GetResourceResponse> GetResource(GetResourceRequest request, ServerCallContext context) =>
        AnswerAsync(async () => new GetResourceResponse { Resource = await resources.GetAsync(request.ResourceId, context.CancellationToken) });

    /// <inheritdoc />
    public override Task<ListResourcesResponse> ListResources(ListResourcesRequest request, ServerCallContext context) => AnswerAsync(async () =>
    {
        var response = new ListResourcesResponse();
        response.Resources.AddRange(await resources.ListAsync(request.Filters, context.CancellationToken));
        return response;
    });

    /// <inheritdoc />
    public override Task<UpdateResourceResponse> UpdateResource(UpdateResourceRequest request, ServerCallContext context) => AnswerAsync(async () => new UpdateResourceResponse
    {
        Resource = await resources.UpdateAsync(request.ResourceId, request.ResourceVersion, request.Annotations, request.Payload, context.CancellationToken),
    });

    /// <inheritdoc />
    public override Task<RemoveResourceResponse> RemoveResource(RemoveResourceRequest request, ServerCallContext context) => AnswerAsync(async () =>
    {
        await resources.RemoveAsync(request.ResourceId, context.CancellationToken);
        return new RemoveResourceResponse();
    });
}
