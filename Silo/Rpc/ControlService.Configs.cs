using Grpc.Core;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Silo.Rpc;

/// <summary>Configs over gRPC.</summary>
public sealed partial class ControlService
{
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
    public override Task<UpdateConfigResponse> UpdateConfig(UpdateConfigRequest request, ServerCallContext context) => AnswerAsync(async () => new UpdateConfigResponse
    {
        Config = await configs.UpdateAsync(request.ConfigId, request.ConfigVersion, request.Spec, context.CancellationToken),
    });

    /// <inheritdoc />
    public override Task<RemoveConfigResponse> RemoveConfig(RemoveConfigRequest request, ServerCallContext context) => AnswerAsync(async () =>
    {
        await configs.RemoveAsync(request.ConfigId, context.CancellationToken);
        return new RemoveConfigResponse();
    });
}
