using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;
using SwarmOrleans.Orchestration;
using SwarmOrleans.Tests.Unit.Orchestration.Placing;
using Phase = SwarmOrleans.Contracts.TaskExplanation.Types.Phase;

namespace SwarmOrleans.Tests.Unit.Orchestration.Explaining;

/// <summary>What a task is said to wait for.</summary>
public sealed class TaskExplainerTests
{
    private readonly SchedulerWorld _world = new();

    [Fact]
    public void EveryRule_ThatANodeBreaks_IsNamedWithWhatIsAskedAndThere()
    {
        _world.Node("bad", n =>
        {
            n.Spec.Availability = NodeSpec.Types.Availability.Pause;
            n.Description.Resources.MemoryBytes = 100;
            n.Description.Platform = new Platform { Os = "windows", Architecture = "amd64" };
            n.Description.Engine.Plugins.Add(new PluginDescription { Type = "Log", Name = "json" });
        });
        var other = _world.Run("bad", 1, "other", t =>
        {
            t.ServiceAnnotations = new Annotations { Name = "shop" };
            t.Endpoint = Host(80);
            SchedulerWorld.Reserving(3)(t);
        }).Single();
        _world.Run("bad");
        var task = _world.Wait(change: t =>
        {
            SchedulerWorld.Reserving(2, 200, ("gpu", 1))(t);
            t.Spec.Container.Mounts.Add(new Mount { Type = Mount.Types.Type.Volume, VolumeOptions = new Mount.Types.VolumeOptions { DriverConfig = new Driver { Name = "nfs" } } });
            t.Spec.Container.Mounts.Add(new Mount { Type = Mount.Types.Type.Cluster, Source = "data", Target = "/data" });
            t.Spec.LogDriver = new Driver { Name = "syslog" };
            t.Spec.Placement.Constraints.AddRange(["node.labels.disk==ssd", "node.hostname==bad"]);
            t.Spec.Placement.Platforms.Add(new Platform { Os = "linux" });
            t.Spec.Placement.MaxReplicas = 1;
            t.Endpoint = Host(80, 81);
        });

        var placement = TaskExplainer.Explain(task, _world.Input()).Placement;

        var refusals = Assert.Single(placement.ShownNodes).Refusals;
        Assert.Equal(
            [
                (PlacementRule.Ready, "the node is READY and its availability is PAUSE"),
                (PlacementRule.Resources, "2 CPUs are reserved, 1 are free; 200 bytes of memory are reserved, 100 are free; 1 of gpu are reserved, 0 are free"),
                (PlacementRule.Plugins, "it has no volume plugin nfs, log plugin syslog"),
                (PlacementRule.Constraints, "node.labels.disk == ssd"),
                (PlacementRule.Platform, "its platform is windows/amd64, supported are linux/*"),
                (PlacementRule.HostPorts, "in use there: 80/tcp"),
                (PlacementRule.MaxReplicas, "it runs 1 tasks of the service, of at most 1"),
                (PlacementRule.Volumes, "cannot find volume to satisfy mount with source data"),
            ],
            refusals.Select(r => (r.Rule, r.Detail)));
        Assert.Equal([("cpu", 2_000_000_000, 1_000_000_000), ("memory", 200, 100), ("gpu", 1, 0)], refusals[1].Shortages.Select(s => (s.Resource, s.Asked, s.Free)));
        Assert.Equal((80U, other.Id, "shop"), (refusals[5].Ports.Single().Port, refusals[5].Ports[0].TaskId, refusals[5].Ports[0].ServiceName));
        Assert.Equal(
            [
                "a node that is READY and ACTIVE", "2 CPUs, 200 bytes of memory, 1 of gpu", "volume plugin nfs, log plugin syslog",
                "node.labels.disk == ssd and node.hostname == bad", "linux/*", "host ports 80/tcp, 81/tcp", "at most 1 tasks of the service a node",
                "cluster volumes data",
            ],
            placement.Rules.Select(r => r.Asks));
        Assert.All(placement.Rules, r => Assert.Equal((1U, 0U), (r.Nodes, r.OnlyNodes)));
    }

    [Fact]
    public void Rules_AreCountedOverAllNodes_AndTheNearestNodesAreShownFirst()
    {
        _world.Node("n1", n => (n.Description.Hostname, n.Spec.Availability, n.Description.Resources.NanoCpus) = ("d", NodeSpec.Types.Availability.Drain, 1));
        _world.Node("n2", n => (n.Description.Hostname, n.Description.Resources.NanoCpus) = ("c", 1));
        _world.Node("n3", n => (n.Description.Hostname, n.Status.State) = ("b", NodeStatus.Types.State.Down));
        var task = _world.Wait(change: SchedulerWorld.Reserving(1));
        _world.Plan();

        var explanation = TaskExplainer.Explain(_world.Find(task), _world.Input(), 2);

        Assert.Equal((Phase.Placing, _world.ErrorOf(task)), (explanation.Phase, explanation.Summary));
        Assert.Equal([(PlacementRule.Ready, 2U, 1U), (PlacementRule.Resources, 2U, 1U)], explanation.Placement.Rules.Select(r => (r.Rule, r.Nodes, r.OnlyNodes)));
        Assert.Equal((3U, 0U), (explanation.Placement.Nodes, explanation.Placement.FittingNodes));
        Assert.Equal(["b", "c"], explanation.Placement.ShownNodes.Select(n => n.NodeName));

        // It is the view that is explained, whatever the scheduler wrote on the task.
        _world.Node("n4");
        explanation = TaskExplainer.Explain(_world.Find(task), _world.Input());
        Assert.Equal("1 of 4 nodes can run it: the scheduler has not come to it yet", explanation.Summary);
        Assert.Equal(("n4", 0), (explanation.Placement.ShownNodes[0].NodeId, explanation.Placement.ShownNodes[0].Refusals.Count));
        Assert.Equal(["b", "c", "d"], explanation.Placement.ShownNodes.Skip(1).Select(n => n.NodeName));
    }

    [Fact]
    public void Volume_ThatATaskElsewhereUses_IsSeen()
    {
        _world.Node("n1");
        _world.Node("n2");
        _world.Volume("v", new Volume
        {
            Id = "v",
            Spec = new VolumeSpec
            {
                Annotations = new Annotations { Name = "data" },
                AccessMode = new VolumeAccessMode { Scope = VolumeAccessMode.Types.Scope.SingleNode, Sharing = VolumeAccessMode.Types.Sharing.All },
            },
            VolumeInfo = new VolumeInfo { VolumeId = "csi" },
        });
        void Mounting(SwarmTask task) => task.Spec.Container.Mounts.Add(new Mount { Type = Mount.Types.Type.Cluster, Source = "data", Target = "/data" });
        var asking = _world.TaskOf("asking", Mounting);
        Assert.Empty(_world.Explain(asking));
        _world.Run("n1", 1, "user", task =>
        {
            Mounting(task);
            task.Volumes.Add(new VolumeAttachment { Id = "v", Source = "data", Target = "/data" });
        });
        Assert.Equal([("n2", PlacementRule.Volumes, "cannot find volume to satisfy mount with source data")], _world.Explain(asking));
    }

    [Fact]
    public void TaskThatWasMadeForItsNode_IsAskedAboutThere()
    {
        _world.Node("n1");
        _world.Node("n2", n => n.Spec.Availability = NodeSpec.Types.Availability.Pause);
        TaskExplanation Explain(string node) => TaskExplainer.Explain(_world.TaskOf(change: t => t.NodeId = node), _world.Input());
        Assert.Equal("node n1, which it was made for, can run it: the scheduler has not come to it yet", Explain("n1").Summary);
        Assert.Equal("node n2, which it was made for, cannot run it: the node is READY and its availability is PAUSE", Explain("n2").Summary);
        Assert.Equal(1U, Explain("n2").Placement.Nodes);
        Assert.Equal("node n3, which it was made for, is no member of the swarm", Explain("n3").Summary);
    }

    [Fact]
    public void TaskBeyondPlacement_SaysWhereItIs()
    {
        _world.Node("n1");
        _world.Node("n2", n => n.Status.State = NodeStatus.Types.State.Down);
        Assert.Equal((Phase.Running, "it runs on node n1"), Explain(TaskState.Running));
        Assert.Equal((Phase.Running, "node n2 is DOWN: its service replaces it"), Explain(TaskState.Running, t => t.NodeId = "n2"));
        Assert.Equal((Phase.Running, "node n3 is no member of the swarm any more: its service replaces it"), Explain(TaskState.Running, t => t.NodeId = "n3"));
        Assert.Equal((Phase.Starting, "node n1 is at it, PREPARING: pulling"), Explain(TaskState.Preparing, t => t.Status.Err = "pulling"));
        Assert.Equal((Phase.Stopping, "it is to stop on node n1"), Explain(TaskState.Running, t => t.DesiredState = TaskState.Shutdown));
        Assert.Equal((Phase.Ended, "it has ended, FAILED: exit 1"), Explain(TaskState.Failed, t => t.Status.Err = "exit 1"));
        Assert.Equal((Phase.Held, "it is ready: its service has not let it start yet"), Explain(TaskState.Ready, t => t.DesiredState = TaskState.Ready));
        Assert.Equal(
            (Phase.Allocating, "waiting for a network: network n does not exist"),
            Explain(TaskState.New, t => (t.NodeId, t.Status.Err) = ("", "waiting for a network: network n does not exist")));

        (Phase Phase, string Summary) Explain(TaskState state, Action<SwarmTask>? change = null)
        {
            var explanation = TaskExplainer.Explain(
                _world.TaskOf(change: t =>
                {
                    (t.NodeId, t.Status.State) = ("n1", state);
                    change?.Invoke(t);
                }),
                _world.Input());
            Assert.Null(explanation.Placement);
            return (explanation.Phase, explanation.Summary);
        }
    }

    [Fact]
    public void TaskThatIsHeld_SaysUntilWhen()
    {
        _world.Node("n1");
        var task = _world.TaskOf(change: t => (t.NodeId, t.Status.State, t.DesiredState) = ("n1", TaskState.Ready, TaskState.Ready));
        var at = Timestamp.FromDateTimeOffset(SchedulerWorld.Start + TimeSpan.FromSeconds(5));
        TaskExplanation Explain(Timestamp notBefore) => TaskExplainer.Explain(task, new ExplainInput
        {
            AllNodes = () => _world.Nodes.Values,
            FindNode = id => _world.Nodes.GetValueOrDefault(id),
            TasksOnNode = _ => [],
            TasksOfService = _ => [],
            FindProgress = _ => new ServiceProgress { Starts = { new DelayedStart { TaskId = task.Id, NotBefore = notBefore, GiveUpAt = at } } },
            Now = SchedulerWorld.Start,
        });
        var delayed = Explain(at);
        Assert.Equal((at, "it is ready, and starts when the delay of its restart has passed, at 2030-01-01T00:00:05Z"), (delayed.Until, delayed.Summary));
        var behind = Explain(Timestamp.FromDateTimeOffset(SchedulerWorld.Start));
        Assert.Equal((at, "it is ready, and starts when the task before it has stopped, at 2030-01-01T00:00:05Z at the latest"), (behind.Until, behind.Summary));
    }

    private static Endpoint Host(params uint[] ports) => new()
    {
        Ports = { ports.Select(p => new PortConfig { PublishMode = PortConfig.Types.PublishMode.Host, PublishedPort = p }) },
    };
}
