using SwarmOrleans.Contracts;
using SwarmOrleans.Control;
using SwarmOrleans.Control.Validation;
using static SwarmOrleans.Tests.Unit.Control.ControlWorld;

namespace SwarmOrleans.Tests.Unit.Control;

/// <summary>Cluster volumes need plugins that are not run: the API says so instead of letting tasks wait for ever (section 20).</summary>
public sealed class ClusterVolumeTests
{
    private static readonly VolumeSpec Spec = new()
    {
        Annotations = new Annotations { Name = "data" },
        Driver = new Driver { Name = "csi" },
        AccessMode = new VolumeAccessMode { Mount = new VolumeAccessMode.Types.MountVolume() },
    };

    [Fact]
    public async Task AT_CSI_1_to_12_VolumesAndServicesThatMountThem_AreRefused_AndNothingIsStored()
    {
        await using var test = SwarmOrleans.Testing.TestStore.Create();
        var ids = new RandomIdSource(new Random(1));
        var volumes = new Volumes(test.Store, ids, ServedFeatures.RefuseVolume);
        var services = new Services(test.Store, ids, TimeProvider.System, ServedFeatures.Require);
        await RefusedAsync(UseCaseError.Unimplemented, "cluster volumes are not served", () => volumes.CreateAsync(Spec, Stop));
        await InvalidAsync("driver must be specified", () => volumes.CreateAsync(new VolumeSpec { Annotations = new Annotations { Name = "data" } }, Stop));
        ServiceSpec Mounting(Mount.Types.Type type) =>
            ControlWorld.Spec("web", s => s.Task.Container.Mounts.Add(new Mount { Type = type, Source = "data", Target = "/data" }));
        await RefusedAsync(UseCaseError.Unimplemented, "cluster volumes are not served", () => services.CreateAsync(Mounting(Mount.Types.Type.Cluster), Stop));
        Assert.Equal((0, 0), (test.Store.Current.Count<Volume>(), test.Store.Current.Count<Service>()));

        var service = await services.CreateAsync(Mounting(Mount.Types.Type.Volume), Stop);
        await RefusedAsync(UseCaseError.Unimplemented, "task.container.mounts", () => services.UpdateAsync(
            service.Id, service.Meta.Version, Mounting(Mount.Types.Type.Cluster), UpdateServiceRequest.Types.Rollback.None, Stop));
    }
}
