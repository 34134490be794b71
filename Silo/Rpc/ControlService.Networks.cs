using Grpc.Core;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Silo.Rpc;

/// <summary>Networks over gRPC.</summary>
public sealed partial class ControlService
{
    /// <inheritdoc />
    public override Task<CreateNetworkResponse> CreateNetwork(CreateNetworkRequest request, ServerCallContext context) =>
        AnswerAsync(async () => new CreateNetworkResponse { Network = await networks.CreateAsync(request.Spec, context.CancellationToken) });

    /// <inheritdoc />
    public override Task<GetNetworkResponse> GetNetwork(GetNetworkRequest request, ServerCallContext context) =>
        AnswerAsync(async () => new GetNetworkResponse
        {
            Network = request.Appdata?.Is(AddressUsage.Descriptor) == true
                ? await networks.GetWithUsageAsync(request.NetworkId, context.CancellationToken)
                : await networks.GetAsync(request.NetworkId, context.CancellationToken),
        });

    /// <inheritdoc />
    public override Task<ListNetworksResponse> ListNetworks(ListNetworksRequest request, ServerCallContext context) => AnswerAsync(async () =>
    {
        var response = new ListNetworksResponse();
        response.Networks.AddRange(await networks.ListAsync(request.Filters, context.CancellationToken));
        return response;
    });

    /// <inheritdoc />
    public override Task<RemoveNetworkResponse> RemoveNetwork(RemoveNetworkRequest request, ServerCallContext context) => AnswerAsync(async () =>
    {
        await networks.RemoveAsync(request.NetworkId, context.CancellationToken);
        return new RemoveNetworkResponse();
    });
}
