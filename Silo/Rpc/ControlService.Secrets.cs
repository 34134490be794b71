using Grpc.Core;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Silo.Rpc;

/// <summary>Secrets over gRPC.</summary>
public sealed partial class ControlService
{
    /// <inheritdoc />
    public override Task<CreateSecretResponse> CreateSecret(CreateSecretRequest request, ServerCallContext context) =>
        AnswerAsync(async () => new CreateSecretResponse { Secret = await secrets.CreateAsync(request.Spec, context.CancellationToken) });

    /// <inheritdoc />
    public override Task<GetSecretResponse> GetSecret(GetSecretRequest request, ServerCallContext context) =>
        AnswerAsync(async () => new GetSecretResponse { Secret = await secrets.GetAsync(request.SecretId, context.CancellationToken) });

    /// <inheritdoc />
    public override Task<ListSecretsResponse> ListSecrets(ListSecretsRequest request, ServerCallContext context) => AnswerAsync(async () =>
    {
        var response = new ListSecretsResponse();
        response.Secrets.AddRange(await secrets.ListAsync(request.Filters, context.CancellationToken));
        return response;
    });

    /// <inheritdoc />
    public override Task<UpdateSecretResponse> UpdateSecret(UpdateSecretRequest request, ServerCallContext context) => AnswerAsync(async () => new UpdateSecretResponse
    {
        Secret = await secrets.UpdateAsync(request.SecretId, request.SecretVersion, request.Spec, context.CancellationToken),
    });

    /// <inheritdoc />
    public override Task<RemoveSecretResponse> RemoveSecret(RemoveSecretRequest request, ServerCallContext context) => AnswerAsync(async () =>
    {
        await secrets.RemoveAsync(request.SecretId, context.CancellationToken);
        return new RemoveSecretResponse();
    });
}
