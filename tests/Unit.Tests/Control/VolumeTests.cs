using SwarmOrleans.Contracts;
using SwarmOrleans.Control;
using SwarmOrleans.Store;
using static SwarmOrleans.Tests.Unit.Control.ControlWorld;

namespace SwarmOrleans.Tests.Unit.Control;

/// <summary>Cluster volumes through the control API (API-31).</summary>
public sealed class VolumeTests : IAsyncDisposable
{
    private readonly ControlWorld _world = new();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task AT_API_35_VolumesThatLackSomething_AreRefused()
    {
        await InvalidAsync("a volume spec must be given", () => _world.Volumes.CreateAsync(null, Stop));
        await InvalidAsync("driver must be specified", () => _world.Volumes.CreateAsync(new VolumeSpec(), Stop));
        await InvalidAsync("name must be provided", () => CreateAsync("", _ => { }));
        await InvalidAsync("driver must be specified", () => CreateAsync("v", s => s.Driver = null));
        await InvalidAsync("driver must be specified", () => CreateAsync("v", s => s.Driver.Name = ""));
        await InvalidAsync("AccessMode must not be nil", () => CreateAsync("v", s => s.AccessMode = null));
        await InvalidAsync("either Mount or Block", () => CreateAsync("v", s => s.AccessMode.ClearAccessType()));
        var secret = await _world.CreateSecretAsync("key");
        await InvalidAsync("secret not found: x", () => CreateAsync("v", s => s.Secrets.Add([Secret("a", secret.Id), Secret("b", "x")])));
        await InvalidAsync("secrets not found: x, y", () => CreateAsync("v", s => s.Secrets.Add([Secret("a", "x"), Secret("b", "y")])));
        var created = await CreateAsync("v", s => s.Secrets.Add(Secret("a", secret.Id)));
        Assert.Equal(created, await _world.Volumes.GetAsync(created.Id, Stop));
        await RefusedAsync(UseCaseError.AlreadyExists, "volume v already exists", () => CreateAsync("v", _ => { }));
    }

    [Fact]
    public async Task AT_API_36_OnlyLabelsAndAvailability_Change()
    {
        var volume = await CreateAsync("v", _ => { });
        await Changed("Name", s => s.Annotations.Name = "w");
        await Changed("Group", s => s.Group = "g");
        await Changed("AccessibilityRequirements", s => s.AccessibilityRequirements = new TopologyRequirement());
        await Changed("Driver", s => s.Driver.Name = "other");
        await Changed("AccessMode", s => s.AccessMode.Scope = VolumeAccessMode.Types.Scope.MultiNode);
        await Changed("Secrets", s => s.Secrets.Add(Secret("a", "x")));
        await Changed("CapacityRange", s => s.CapacityRange = new CapacityRange { LimitBytes = 1 });
        await InvalidAsync("must be given", () => _world.Volumes.UpdateAsync("", volume.Meta.Version, volume.Spec, Stop));
        await InvalidAsync("must be given", () => _world.Volumes.UpdateAsync(volume.Id, null, volume.Spec, Stop));
        await InvalidAsync("must be given", () => _world.Volumes.UpdateAsync(volume.Id, volume.Meta.Version, null, Stop));
        await RefusedAsync(UseCaseError.NotFound, "volume nothing not found", () => _world.Volumes.UpdateAsync("nothing", volume.Meta.Version, volume.Spec, Stop));
        var updated = await UpdateAsync(volume, s =>
        {
            s.Annotations.Labels["a"] = "b";
            s.Availability = VolumeSpec.Types.VolumeAvailability.Drain;
        });
        Assert.Equal(("b", VolumeSpec.Types.VolumeAvailability.Drain), (updated.Spec.Annotations.Labels["a"], updated.Spec.Availability));
        await RefusedAsync(UseCaseError.FailedPrecondition, "update out of sequence", () => UpdateAsync(volume, _ => { }));

        Task Changed(string field, Action<VolumeSpec> change) => InvalidAsync($"{field} cannot be updated", () => UpdateAsync(volume, change));
    }

    [Fact]
    public async Task AT_API_37_Lists_AreFiltered()
    {
        await CreateAsync("a1", s => (s.Group, s.Driver.Name) = ("g1", "d1"));
        await CreateAsync("a2", s => (s.Group, s.Driver.Name) = ("g1", "d2"));
        var other = await CreateAsync("b1", s => s.Annotations.Labels["x"] = "y");
        await IsAsync(["a1", "a2", "b1"], null);
        await IsAsync(["a1", "a2"], new() { Groups = { "g1" } });
        await IsAsync(["a2"], new() { Groups = { "g1" }, Drivers = { "d2" } });
        await IsAsync(["a1", "b1"], new() { Names = { "a1", "b1" } });
        await IsAsync(["a1", "a2"], new() { NamePrefixes = { "a" } });
        await IsAsync(["b1"], new() { IdPrefixes = { other.Id } });
        await IsAsync(["b1"], new() { Labels = { ["x"] = "y" } });
        await RefusedAsync(UseCaseError.NotFound, "volume nothing not found", () => _world.Volumes.GetAsync("nothing", Stop));
        await InvalidAsync("volume_id", () => _world.Volumes.GetAsync("", Stop));
    }

    [Fact]
    public async Task AT_API_38_Remove_WaitsForTheDriver_UnlessForced()
    {
        await _world.CreateAsync(Made("made", "v1"), Used("used", "v2"), Used("forced", "v3"));
        await _world.Volumes.RemoveAsync("made", false, Stop);
        Assert.True(_world.Store.Current.Find<Volume>("made")!.PendingDelete);
        await RefusedAsync(UseCaseError.FailedPrecondition, "volume is still in use", () => _world.Volumes.RemoveAsync("used", false, Stop));
        Assert.False(_world.Store.Current.Find<Volume>("used")!.PendingDelete);
        await _world.Volumes.RemoveAsync("forced", true, Stop);
        Assert.Null(_world.Store.Current.Find<Volume>("forced"));
        await RefusedAsync(UseCaseError.NotFound, "volume nothing not found", () => _world.Volumes.RemoveAsync("nothing", false, Stop));
    }

    [Fact]
    public async Task Differences_VolumeThatNoDriverHasMade_IsRemovedAtOnce()
    {
        var volume = await CreateAsync("v", _ => { });
        await _world.Volumes.RemoveAsync(volume.Id, false, Stop);
        Assert.Null(_world.Store.Current.Find<Volume>(volume.Id));
    }

    private static VolumeSecret Secret(string key, string id) => new() { Key = key, Secret = id };

    private static Volume Made(string id, string name) => new() { Id = id, Spec = SpecOf(name), VolumeInfo = new VolumeInfo { VolumeId = "csi" } };

    private static Volume Used(string id, string name)
    {
        var volume = Made(id, name);
        volume.PublishStatus.Add(new VolumePublishStatus { NodeId = "n", State = VolumePublishStatus.Types.State.Published });
        return volume;
    }

    private static VolumeSpec SpecOf(string name) => new()
    {
        Annotations = new Annotations { Name = name },
        Driver = new Driver { Name = "csi" },
        AccessMode = new VolumeAccessMode { Mount = new VolumeAccessMode.Types.MountVolume() },
    };

    private async Task IsAsync(string[] names, ListVolumesRequest.Types.Filters? filters) =>
        Assert.Equal(names, (await _world.Volumes.ListAsync(filters, Stop)).Select(v => v.Spec.Annotations.Name).Order());

    private Task<Volume> CreateAsync(string name, Action<VolumeSpec> change)
    {
        var spec = SpecOf(name);
        change(spec);
        return _world.Volumes.CreateAsync(spec, Stop);
    }

    private Task<Volume> UpdateAsync(Volume volume, Action<VolumeSpec> change)
    {
        var spec = volume.Spec.Clone();
        change(spec);
        return _world.Volumes.UpdateAsync(volume.Id, volume.Meta.Version, spec, Stop);
    }
}
