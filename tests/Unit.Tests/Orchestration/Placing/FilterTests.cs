using SwarmOrleans.Contracts;
using SwarmOrleans.Orchestration;

namespace SwarmOrleans.Tests.Unit.Orchestration.Placing;

public sealed class FilterTests
{
    private readonly SchedulerWorld _world = new();

    [Fact]
    public void AT_SCH_7_NoNodes_NoSuitableNode()
    {
        var task = _world.Wait();
        _world.Plan();
        Assert.Equal("no suitable node", _world.ErrorOf(task));
        Assert.Equal(TaskState.Pending, _world.Find(task).Status.State);
        _world.Node("n1");
        _world.Plan();
        Assert.Equal("n1", _world.NodeOf(task));
        Assert.Equal(("scheduler assigned task to node", ""), (_world.Find(task).Status.Message, _world.ErrorOf(task)));
    }

    [Fact]
    public void AT_SCH_9_ResourceConstraint_WaitsForABigNode()
    {
        _world.Node("under", n =>
        {
            n.Description.Resources.MemoryBytes = 1_000;
            n.Description.Resources.Generic.AddRange(Generic.Set("orange", "blue", "red", "green"));
        });
        _world.Node("down1", n => n.Status.State = NodeStatus.Types.State.Down);
        _world.Node("down2", n => n.Spec.Availability = NodeSpec.Types.Availability.Pause);
        var task = _world.Wait(change: SchedulerWorld.Reserving(memory: 2_000, generic: [("orange", 2), ("apple", 2)]));
        _world.Plan();
        Assert.Equal("no suitable node (2 nodes not available for new tasks; insufficient resources on 1 node)", _world.ErrorOf(task));
        _world.Node("big", n =>
        {
            n.Description.Resources.MemoryBytes = 4_000;
            n.Description.Resources.Generic.AddRange([.. Generic.Set("orange", "blue", "red", "green"), Generic.Discrete("apple", 4)]);
        });
        _world.Plan();
        Assert.Equal("big", _world.NodeOf(task));
        Assert.Equal("orange=blue orange=red apple=2", Generic.Text(_world.Find(task).AssignedGenericResources));
    }

    [Fact]
    public void AT_SCH_9_ResourceConstraintHA_IsEvenUntilMemoryRunsOut()
    {
        _world.Node("n1", n => n.Description.Resources.MemoryBytes = 1 << 30);
        _world.Node("n2", n => n.Description.Resources.MemoryBytes = 16L << 30);
        _world.Run("n1", 5, "other");
        _world.Run("n2", 3, "other");
        _world.Wait(4, change: SchedulerWorld.Reserving(memory: 500 << 20));
        _world.Plan();
        Assert.Equal([2, 2], _world.Counts("svc"));
        _world.Wait(2, change: SchedulerWorld.Reserving(memory: 500 << 20));
        _world.Plan();
        Assert.Equal([2, 4], _world.Counts("svc"));
    }

    [Fact]
    public void AT_SCH_9_ResourceConstraintDeadTask_FreesWhatItHad()
    {
        _world.Node("n1", n => n.Description.Resources.MemoryBytes = 1_000);
        var first = _world.Wait(change: SchedulerWorld.Reserving(memory: 800));
        _world.Plan();
        var second = _world.Wait(change: SchedulerWorld.Reserving(memory: 800));
        _world.Plan();
        Assert.Equal("no suitable node (insufficient resources on 1 node)", _world.ErrorOf(second));
        _world.End(first, TaskState.Shutdown);
        _world.Plan();
        Assert.Equal("n1", _world.NodeOf(second));
    }

    [Fact]
    public void AT_SCH_9_PreexistingDeadTask_UsesNothing()
    {
        _world.Node("n1", n => n.Description.Resources.MemoryBytes = 1_000);
        _world.Run("n1", 1, "dead", task =>
        {
            SchedulerWorld.Reserving(memory: 800)(task);
            task.Status.State = TaskState.Shutdown;
        });
        var task = _world.Wait(change: SchedulerWorld.Reserving(memory: 800));
        _world.Plan();
        Assert.Equal("n1", _world.NodeOf(task));
    }

    [Fact]
    public void AT_SCH_10_CompatiblePlatform_Decides()
    {
        static Action<Node> Of(string os, string architecture) => n => n.Description.Platform = new Platform { Os = os, Architecture = architecture };
        static Action<SwarmTask> On(params (string Os, string Architecture)[] platforms) => t =>
            t.Spec.Placement.Platforms.AddRange(platforms.Select(p => new Platform { Os = p.Os, Architecture = p.Architecture }));
        _world.Node("linux", Of("linux", "x86_64"));
        _world.Node("windows", Of("windows", "AMD64"));
        _world.Node("unknown");
        var amd = _world.Wait("a", On(("linux", "amd64")));
        var none = _world.Wait("b", On(("linux", "arm64")));
        var os = _world.Wait("c", On(("windows", "")));
        var several = _world.Wait("d", On(("linux", "aarch64"), ("windows", "x86_64")));
        _world.Run("linux", 9, "e");
        _world.Run("windows", 9, "e");
        var any = _world.Wait("e");
        _world.Plan();
        Assert.Equal(["linux", "", "windows", "windows", "unknown"], new[] { amd, none, os, several, any }.Select(_world.NodeOf));
        Assert.Equal("no suitable node (unsupported platform on 3 nodes)", _world.ErrorOf(none));
    }

    [Fact]
    public void AT_SCH_14_Plugins_OfVolumesNetworksAndLogs()
    {
        static Action<Node> With(params (string Type, string Name)[] plugins) => n =>
            n.Description.Engine.Plugins.AddRange(plugins.Select(p => new PluginDescription { Type = p.Type, Name = p.Name }));
        static Mount Volume(string driver) => new()
        {
            Type = Mount.Types.Type.Volume,
            VolumeOptions = new Mount.Types.VolumeOptions { DriverConfig = new Driver { Name = driver } },
        };
        _world.Node("n1", With(("Volume", "plugin1"), ("Log", "default")));
        _world.Node("n2", With(("Volume", "plugin2"), ("Log", "default")));
        var bind = _world.Wait("bind", t => t.Spec.Container.Mounts.Add(new Mount { Type = Mount.Types.Type.Bind }));
        var local = _world.Wait("local", t => t.Spec.Container.Mounts.Add(Volume("local")));
        var first = _world.Wait("first", t => t.Spec.Container.Mounts.Add(Volume("plugin1")));
        var third = _world.Wait("third", t => t.Spec.Container.Mounts.Add(Volume("plugin3")));
        var logs = _world.Wait("logs", t => t.Spec.LogDriver = new Driver { Name = "syslog" });
        var none = _world.Wait("none", t => t.Spec.LogDriver = new Driver { Name = "none" });
        var nameless = _world.Wait("nameless", t => t.Spec.LogDriver = new Driver());
        var both = _world.Wait("both", t =>
        {
            t.Spec.Container.Mounts.Add(Volume("plugin1"));
            t.Networks.Add(new NetworkAttachment { Network = new Network { DriverState = new Driver { Name = "net" } } });
        });
        _world.Plan();
        Assert.All(new[] { bind, local, none, nameless }, t => Assert.NotEqual("", _world.NodeOf(t)));
        Assert.Equal("n1", _world.NodeOf(first));
        Assert.All(new[] { third, logs, both }, t => Assert.Equal("no suitable node (missing plugin on 2 nodes)", _world.ErrorOf(t)));
        _world.Node("n3", With(("Volume", "plugin3:latest"), ("Log", "default")));
        _world.Node("n4", With(("Volume", "plugin1"), ("Network", "net"), ("Log", "default")));
        _world.Node("n5", With(("Log", "syslog")));
        _world.Plan();
        Assert.Equal(["n3", "n4", "n5"], new[] { third, both, logs }.Select(_world.NodeOf));
    }

    [Fact]
    public void AT_SCH_14_OneNode_IsCountedInTheSingular_AndASilentEngineHasEverything()
    {
        _world.Node("n1", n => n.Description.Engine.Plugins.Add(new PluginDescription { Type = "Log", Name = "json-file" }));
        var task = _world.Wait(change: t => t.Spec.LogDriver = new Driver { Name = "syslog" });
        _world.Plan();
        Assert.Equal("no suitable node (missing plugin on 1 node)", _world.ErrorOf(task));
        _world.Node("n2", n => n.Description.Engine = null);
        _world.Plan();
        Assert.Equal("n2", _world.NodeOf(task));
    }

    [Fact]
    public void AT_SCH_15_HostPorts_AreTakenOncePerNode()
    {
        _world.Node("n1");
        _world.Node("n2");
        var tcp = _world.Wait("a", Host(PortConfig.Types.Protocol.Tcp));
        var udp = _world.Wait("b", Host(PortConfig.Types.Protocol.Udp));
        _world.Plan();
        var both = _world.Wait("c", Host(PortConfig.Types.Protocol.Tcp, PortConfig.Types.Protocol.Udp));
        _world.Plan();
        Assert.All(new[] { tcp, udp }, t => Assert.NotEqual("", _world.NodeOf(t)));
        Assert.NotEqual(_world.NodeOf(tcp), _world.NodeOf(udp));
        Assert.Equal("no suitable node (host-mode port already in use on 2 nodes)", _world.ErrorOf(both));
        _world.End(udp, TaskState.Shutdown);
        _world.Plan();
        Assert.NotEqual("", _world.NodeOf(both));
    }

    [Fact]
    public void HostPort_OfTwoTasks_IsFreeWhenBothAreGone()
    {
        _world.Node("n1");
        var users = new[] { _world.Run("n1", 1, "a", Host(PortConfig.Types.Protocol.Tcp)).Single(), _world.Run("n1", 1, "b", Host(PortConfig.Types.Protocol.Tcp)).Single() };
        var task = _world.Wait("c", Host(PortConfig.Types.Protocol.Tcp));
        _world.Remove(users[0]);
        _world.Plan();
        Assert.Equal("", _world.NodeOf(task));
        _world.Remove(users[1]);
        _world.Plan();
        Assert.Equal("n1", _world.NodeOf(task));
    }

    [Fact]
    public void AT_SCH_16_MaxReplicas_AndAConstraintThatNoNodeFulfils()
    {
        static Action<SwarmTask> Max(ulong max, string? constraint = null) => t =>
        {
            t.Spec.Placement.MaxReplicas = max;
            t.Spec.Placement.Constraints.AddRange(constraint is null ? [] : [constraint]);
        };
        _world.Node("n1");
        _world.Node("n2");
        var tasks = _world.Wait(3, change: Max(1));
        _world.Plan();
        var third = Assert.Single(tasks, t => _world.NodeOf(t).Length == 0);
        Assert.Equal("no suitable node (max replicas per node limit exceed)", _world.ErrorOf(third));
        _world.Node("n3");
        _world.Plan();
        Assert.Equal("n3", _world.NodeOf(third));
        var others = _world.Wait(2, "other", Max(3, "node.hostname==n9"));
        _world.Plan();
        Assert.All(others, t => Assert.Equal("no suitable node (scheduling constraints not satisfied on 3 nodes)", _world.ErrorOf(t)));
    }

    [Fact]
    public void AT_SCH_17_AddAndRemoveOfATask_ChangeWhatIsFree_Once()
    {
        var node = new NodeLoad("n1", 0);
        node.Set(SchedulerWorld.NodeOf("n1", n => n.Description.Resources.Generic.AddRange([.. Generic.Set("orange", "blue", "red"), Generic.Discrete("apple", 5)])));
        var group = new ServiceLoad("svc").GroupOf(_world.TaskOf(change: SchedulerWorld.Reserving(1, 1_000, ("orange", 1), ("apple", 2))), new VolumeSet());
        var claimed = node.Claim(group);
        node.Add(group, isActive: true, claimed);
        Assert.Equal((1, 3_000_000_000, (8L << 30) - 1_000), (node.ActiveTasks, node.FreeCpu, node.FreeMemory));
        Assert.Equal("orange=red apple=3", Generic.Text(node.FreeGeneric));
        node.Subtract(group, isActive: true, claimed);
        Assert.Equal((0, 4_000_000_000, 8L << 30), (node.ActiveTasks, node.FreeCpu, node.FreeMemory));
        Assert.Equal("orange=red apple=5 orange=blue", Generic.Text(node.FreeGeneric));

        // Told twice, the scheduler counts once.
        _world.Node("m1");
        var task = _world.Run("m1", 1, "big", SchedulerWorld.Reserving(3)).Single();
        _world.Scheduler.SetTask(null, task);
        _world.Scheduler.SetTask(task, task.Clone());
        var fits = _world.Wait(change: SchedulerWorld.Reserving(1));
        _world.Plan();
        Assert.Equal("m1", _world.NodeOf(fits));
        _world.Scheduler.SetTask(task, null);
        _world.Scheduler.SetTask(task, null);
        var tooBig = _world.Wait("other", SchedulerWorld.Reserving(3.5));
        _world.Plan();
        Assert.Equal("", _world.NodeOf(tooBig));
        var justFits = _world.Wait("third", SchedulerWorld.Reserving(3));
        _world.Plan();
        Assert.Equal("m1", _world.NodeOf(justFits));
    }

    [Fact]
    public void Explanation_IsKeptCurrent_AndNotRepeated()
    {
        _world.Node("n1", n => n.Status.State = NodeStatus.Types.State.Down);
        _world.Node("n2", n => n.Description.Resources.MemoryBytes = 1);
        var task = _world.Wait(change: SchedulerWorld.Reserving(memory: 1_000));
        Assert.Single(_world.Plan());
        Assert.Equal("no suitable node (1 node not available for new tasks; insufficient resources on 1 node)", _world.ErrorOf(task));
        _world.Node("n2", n => n.Description.Resources.MemoryBytes = 2);
        Assert.Empty(_world.Plan());
        _world.Node("n1", n => n.Description.Resources.MemoryBytes = 3);
        Assert.Single(_world.Plan());
        Assert.Equal("no suitable node (insufficient resources on 2 nodes)", _world.ErrorOf(task));
        var later = _world.Wait(change: SchedulerWorld.Reserving(memory: 1_000));
        Assert.Same(later, Assert.Single(_world.Plan()).Task);
        _world.RemoveNode("n1");
        Assert.Equal(2, _world.Plan().Count);
        Assert.Equal("no suitable node (insufficient resources on 1 node)", _world.ErrorOf(later));
    }

    [Fact]
    public void Explain_NamesEachRuleOnEachNode()
    {
        _world.Node("n1", n =>
        {
            n.Spec.Availability = NodeSpec.Types.Availability.Drain;
            n.Description.Resources.NanoCpus = 500_000_000;
        });
        _world.Node("n2", n => n.Role = NodeRole.Manager);
        _world.Node("n3");
        var task = _world.TaskOf(change: t =>
        {
            SchedulerWorld.Reserving(1)(t);
            t.Spec.Placement.Constraints.Add("node.role!=manager");
        });
        Assert.Equal(
            [
                ("n1", PlacementRule.Ready, "the node is READY and its availability is DRAIN"),
                ("n1", PlacementRule.Resources, "1 CPUs are reserved, 0.5 are free"),
                ("n2", PlacementRule.Constraints, "node.role != manager"),
            ],
            _world.Explain(task));
    }

    private static Action<SwarmTask> Host(params PortConfig.Types.Protocol[] protocols) => task =>
    {
        task.Endpoint = new Endpoint();
        task.Endpoint.Ports.AddRange(protocols.Select(p => new PortConfig { PublishMode = PortConfig.Types.PublishMode.Host, PublishedPort = 58, Protocol = p }));
    };
}
