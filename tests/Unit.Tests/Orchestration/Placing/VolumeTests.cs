using SwarmOrleans.Contracts;
using SwarmOrleans.Orchestration;
using PublishState = SwarmOrleans.Contracts.VolumePublishStatus.Types.State;
using Scope = SwarmOrleans.Contracts.VolumeAccessMode.Types.Scope;
using Sharing = SwarmOrleans.Contracts.VolumeAccessMode.Types.Sharing;

namespace SwarmOrleans.Tests.Unit.Orchestration.Placing;

public sealed class VolumeTests
{
    private readonly SchedulerWorld _world = new();

    [Theory]
    [InlineData("", "", true)]
    [InlineData("", "zone=1", true)]
    [InlineData("zone=1", "", true)]
    [InlineData("zone=1", "zone=1", true)]
    [InlineData("zone=1", "zone=2", false)]
    [InlineData("region=r zone=1", "region=r zone=2|region=r zone=1", true)]
    [InlineData("region=r zone=1", "region=r", true)]
    [InlineData("region=r", "region=r zone=1", false)]
    public void AT_SCH_18_Topology_PartialOnesAreAllowed(string node, string accessible, bool expected) =>
        Assert.Equal(expected, VolumeTopology.Includes(
            node.Length == 0 ? null : TopologyOf(node), accessible.Length == 0 ? [] : [.. accessible.Split('|').Select(TopologyOf)]));

    [Theory]
    [InlineData(Scope.SingleNode, Sharing.None, false, false, false)]
    [InlineData(Scope.SingleNode, Sharing.All, false, false, true)]
    [InlineData(Scope.SingleNode, Sharing.All, true, false, false)]
    [InlineData(Scope.MultiNode, Sharing.None, true, true, false)]
    [InlineData(Scope.MultiNode, Sharing.ReadOnly, true, true, true)]
    [InlineData(Scope.MultiNode, Sharing.ReadOnly, true, false, false)]
    [InlineData(Scope.MultiNode, Sharing.OneWriter, true, false, false)]
    [InlineData(Scope.MultiNode, Sharing.OneWriter, true, true, true)]
    [InlineData(Scope.MultiNode, Sharing.All, true, false, true)]
    public void AT_SCH_19_AccessMode_DecidesBesideAWriter(Scope scope, Sharing sharing, bool isElsewhere, bool isReadOnly, bool expected)
    {
        var set = new VolumeSet();
        set.Set("v1", VolumeOf("v1", v => v.Spec.AccessMode = new VolumeAccessMode { Scope = scope, Sharing = sharing }));
        set.Reserve("v1", "user", isElsewhere ? "n2" : "n1", isReadOnly: false);
        Assert.Equal(expected, set.Choose([MountOf("v1-name", isReadOnly)], LoadOf("n1")) is not null);
    }

    [Fact]
    public void AT_SCH_19_Mounts_FindVolumesByNameAndGroup()
    {
        var set = new VolumeSet();
        foreach (var (id, group) in new[] { ("v1", ""), ("v2", "g"), ("v3", "g") })
        {
            set.Set(id, VolumeOf(id, v => v.Spec.Group = group));
        }

        set.Set("v4", VolumeOf("v4", v => v.VolumeInfo = null));
        set.Set("v5", VolumeOf("v5", v => v.Spec.Availability = VolumeSpec.Types.VolumeAvailability.Pause));
        var node = LoadOf("n1");
        Assert.Equal(["v1", "v2"], set.Choose([MountOf("v1-name"), MountOf("group:g")], node)!.Select(v => v.Id));
        Assert.Null(set.Choose([MountOf("v1-name"), MountOf("nothing")], node));
        Assert.Null(set.Choose([MountOf("v4-name")], node));
        Assert.Null(set.Choose([MountOf("v5-name")], node));
        set.Set("v2", VolumeOf("v2", v => (v.Spec.Group, v.Spec.Availability) = ("g", VolumeSpec.Types.VolumeAvailability.Drain)));
        Assert.Equal(["v3"], set.Choose([MountOf("group:g")], node)!.Select(v => v.Id));
        set.Set("v3", null);
        Assert.Null(set.Choose([MountOf("group:g")], node));
    }

    [Fact]
    public void AT_SCH_19_Release_FreesOnlyTheNodeWithoutUsers()
    {
        var set = new VolumeSet();
        set.Set("v1", VolumeOf("v1", v =>
        {
            v.Spec.AccessMode = new VolumeAccessMode { Scope = Scope.MultiNode, Sharing = Sharing.All };
            v.PublishStatus.AddRange(new[] { "n1", "n2", "n3" }.Select(n => new VolumePublishStatus { NodeId = n, State = PublishState.Published }));
        }));
        foreach (var (task, node) in new[] { ("a", "n1"), ("b", "n1"), ("c", "n2"), ("d", "n3") })
        {
            set.Reserve("v1", task, node, isReadOnly: false);
        }

        Assert.Equal(2, set.UsersOn("v1", "n1"));
        Assert.Empty(set.TakeFreed());
        set.Release("v1", "a");
        set.Release("v1", "a");
        Assert.Equal(1, set.UsersOn("v1", "n1"));
        Assert.Empty(set.TakeFreed());
        set.Release("v1", "c");
        var freed = Assert.Single(set.TakeFreed());
        Assert.Equal([PublishState.Published, PublishState.PendingNodeUnpublish, PublishState.Published], freed.PublishStatus.Select(s => s.State));
        Assert.Empty(set.TakeFreed());
    }

    [Fact]
    public void AT_SCH_20_TasksWaitForTheirVolume_AndGetAttachments()
    {
        _world.Node("n1");
        void Mounts(SwarmTask task) => task.Spec.Container.Mounts.AddRange([MountOf("v1-name"), new Mount { Type = Mount.Types.Type.Bind, Target = "/bind" }]);
        var task = _world.Wait("a", Mounts);
        var bound = _world.Wait("b", t =>
        {
            Mounts(t);
            t.NodeId = "n1";
        });
        _world.Plan();
        Assert.Equal("no suitable node (cannot fulfill requested CSI volume mounts on 1 node)", _world.ErrorOf(task));
        Assert.Equal("cannot fulfill requested CSI volume mounts on 1 node", _world.ErrorOf(bound));
        _world.Volume("v1", VolumeOf("v1", v => v.Spec.AccessMode = new VolumeAccessMode { Scope = Scope.MultiNode, Sharing = Sharing.All }));
        Assert.True(_world.Scheduler.HasWork);
        _world.Plan();
        foreach (var placed in new[] { task, bound })
        {
            Assert.Equal("n1", _world.NodeOf(placed));
            Assert.Equal(new VolumeAttachment { Id = "v1", Source = "v1-name", Target = "/v1-name" }, Assert.Single(_world.Find(placed).Volumes));
        }
    }

    [Fact]
    public void AT_SCH_20_VolumesOfLiveTasks_AreReservedAtTheStart()
    {
        _world.Node("n1");
        void User(SwarmTask task)
        {
            task.Spec.Container.Mounts.Add(MountOf("v1-name"));
            task.Volumes.Add(new VolumeAttachment { Id = "v1", Source = "v1-name", Target = "/v1-name" });
        }

        _world.Run("n1", 1, "dead", t =>
        {
            User(t);
            t.Status.State = TaskState.Failed;
        });
        _world.Volume("v1", VolumeOf("v1"));
        var live = _world.Run("n1", 1, "live", User).Single();
        var task = _world.Wait("next", t => t.Spec.Container.Mounts.Add(MountOf("v1-name")));
        _world.Plan();
        Assert.Equal("", _world.NodeOf(task));
        _world.End(live, TaskState.Complete);
        _world.Plan();
        Assert.Equal("n1", _world.NodeOf(task));
    }

    [Fact]
    public void PausedVolume_IsSeenAtOnce_AndEveryMountMustFind()
    {
        _world.Node("n1");
        _world.Volume("v1", VolumeOf("v1"));
        var both = _world.Wait("both", t => t.Spec.Container.Mounts.AddRange([MountOf("v1-name"), MountOf("v2-name")]));
        _world.Plan();
        Assert.Equal("", _world.NodeOf(both));
        Assert.Equal(["cannot find volume to satisfy mount with source v2-name"], _world.Explain(both).Select(r => r.Detail));
        _world.Volume("v1", VolumeOf("v1", v => v.Spec.Availability = VolumeSpec.Types.VolumeAvailability.Pause));
        _world.Volume("v2", VolumeOf("v2"));
        _world.Plan();
        Assert.Equal(["cannot find volume to satisfy mount with source v1-name"], _world.Explain(both).Select(r => r.Detail));
        _world.Volume("v1", VolumeOf("v1"));
        _world.Plan();
        Assert.Equal(["v1", "v2"], _world.Find(both).Volumes.Select(v => v.Id));
    }

    private static Topology TopologyOf(string segments)
    {
        var topology = new Topology();
        foreach (var pair in segments.Split(' '))
        {
            topology.Segments.Add(pair.Split('=')[0], pair.Split('=')[1]);
        }

        return topology;
    }

    private static NodeLoad LoadOf(string id)
    {
        var load = new NodeLoad(id, 0);
        load.Set(SchedulerWorld.NodeOf(id));
        return load;
    }

    private static Mount MountOf(string source, bool isReadOnly = false) =>
        new() { Type = Mount.Types.Type.Cluster, Source = source, Target = "/" + source, Readonly = isReadOnly };

    private static Volume VolumeOf(string id, Action<Volume>? change = null)
    {
        var volume = new Volume
        {
            Id = id,
            Spec = new VolumeSpec { Annotations = new Annotations { Name = $"{id}-name" }, Driver = new Driver { Name = "driver" }, AccessMode = new VolumeAccessMode() },
            VolumeInfo = new VolumeInfo { VolumeId = $"csi-{id}" },
        };
        change?.Invoke(volume);
        return volume;
    }
}
