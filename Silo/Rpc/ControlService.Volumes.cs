using Grpc.Core;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Silo.Rpc;

/// <summary>Cluster volumes over gRPC.</summary>
public sealed partial class ControlService
{
    /// <inheritdoc />
    public override Task<CreateVolumeResponse> CreateVolume(CreateVolumeRequest request, ServerCallContext context) =>
        AnswerAsync(async () => new CreateVolumeResponse { Volume = await volumes.CreateAsync(request.Spec, context.CancellationToken) });

    /// <inheritdoc />
    public override Task<GetVolumeResponse> GetVolume(GetVolumeRequest request, ServerCallContext context) =>
        AnswerAsync(async () => new GetVolumeResponse { Volume = await volumes.GetAsync(request.VolumeId, context.CancellationToken) });

    /// <inheritdoc />
    public override Task<ListVolumesResponse> ListVolumes(ListVolumesRequest request, ServerCallContext context) => AnswerAsync(async () =>
    {
        var response = new ListVolumesResponse();
        response.Volumes.AddRange(await volumes.ListAsync(request.Filters, context.CancellationToken));
        return response;
    });

    /// <inheritdoc />
    public override Task<UpdateVolumeResponse> UpdateVolume(UpdateVolumeRequest request, ServerCallContext context) => AnswerAsync(async () => new UpdateVolumeResponse
    {
        Volume = await volumes.UpdateAsync(request.VolumeId, request.VolumeVersion, request.Spec, context.CancellationToken),
    });

    /// <inheritdoc />
    public override Task<RemoveVolumeResponse> RemoveVolume(RemoveVolumeRequest request, ServerCallContext context) => AnswerAsync(async () =>
    {
        await volumes.RemoveAsync(request.VolumeId, request.Force, context.CancellationToken);
        return new RemoveVolumeResponse();
    });
}
