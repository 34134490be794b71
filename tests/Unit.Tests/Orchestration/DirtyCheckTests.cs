using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;
using SwarmOrleans.Orchestration;

namespace SwarmOrleans.Tests.Unit.Orchestration;

public sealed class DirtyCheckTests
{
    private static readonly Node Node = new()
    {
        Id = "n1",
        Spec = new NodeSpec { Annotations = new Annotations { Labels = { ["zone"] = "a" } } },
        Description = new NodeDescription { Hostname = "n1" },
    };

    [Fact]
    public void AT_DIR_1_UnchangedIsClean_PlacementOnlyIfTheNodeSatisfiesIt_AnythingElseIsDirty()
    {
        Assert.False(IsDirty(_ => { }));
        Assert.False(IsDirty(s => s.Task.Placement = new Placement { Constraints = { "node.labels.zone==a" } }));
        Assert.False(IsDirty(s => s.Task.Placement = new Placement { Constraints = { "not a constraint" } }));
        Assert.True(IsDirty(s => s.Task.Placement = new Placement { Constraints = { "node.labels.zone==b" } }));
        Assert.True(IsDirty(s => s.Task.Placement = new Placement { Constraints = { "node.labels.zone==a" } }, node: null));
        Assert.True(IsDirty(s => s.Task.Container.Image = "v2"));
        Assert.True(IsDirty(s => s.Task.ForceUpdate++));
        Assert.True(IsDirty(s => s.Endpoint = new EndpointSpec { Ports = { new PortConfig { TargetPort = 80 } } }));
        Assert.False(IsDirty(s => s.Replicated.Replicas = 7));
        Assert.False(IsDirty(s => s.Annotations.Labels["a"] = "b"));
    }

    [Fact]
    public void AT_DIR_1_EqualSpecVersions_AreCleanWhateverElseDiffers()
    {
        var service = ServiceOf();
        var task = TaskOf(service);
        task.Spec.Container.Image = "other";
        Assert.True(new DirtyCheck(service).IsDirty(task, Node));
        task.SpecVersion = service.SpecVersion;
        Assert.False(new DirtyCheck(service).IsDirty(task, Node));
    }

    [Fact]
    public void AT_DIR_2_PlacementOnly_IsToldFromNothingAndFromMore()
    {
        bool IsPlacementOnly(Action<TaskSpec> change)
        {
            var service = ServiceOf();
            var task = TaskOf(service);
            change(service.Spec.Task);
            return new DirtyCheck(service).IsPlacementOnly(task);
        }

        Assert.False(IsPlacementOnly(_ => { }));
        Assert.True(IsPlacementOnly(t => t.Placement = new Placement { MaxReplicas = 2 }));
        Assert.False(IsPlacementOnly(t => (t.Placement, t.ForceUpdate) = (new Placement { MaxReplicas = 2 }, 1)));
    }

    [Fact]
    public void AT_DIR_3_Tasks_AreOrderedByTheManagersClock_ThenTheAgents_AlwaysAlike()
    {
        var start = new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
        SwarmTask At(string id, int timestamp, int? applied = null) => new()
        {
            Id = id,
            Status = new SwarmTaskStatus
            {
                Timestamp = Timestamp.FromDateTimeOffset(start.AddSeconds(timestamp)),
                AppliedAt = applied is { } at ? Timestamp.FromDateTimeOffset(start.AddSeconds(at)) : null,
            },
        };

        SwarmTask[] tasks = [At("c", 3), At("a", 1), At("late", 0, 9), At("b", 2), At("b2", 2), new() { Id = "none" }];
        string[] expected = ["none", "a", "b", "b2", "c", "late"];
        Assert.Equal(expected, tasks.InTime().Select(t => t.Id));
        Assert.Equal(expected, tasks.Reverse().InTime().InTime().Select(t => t.Id));
    }

    [Fact]
    public void AT_DIR_4_Modes_ExcludeEachOther_AndNoServiceHasNone()
    {
        Service?[] services =
        [
            new() { Spec = new ServiceSpec { Replicated = new ReplicatedService() } }, new() { Spec = new ServiceSpec { Global = new GlobalService() } },
            new() { Spec = new ServiceSpec { ReplicatedJob = new ReplicatedJob() } }, new() { Spec = new ServiceSpec { GlobalJob = new GlobalJob() } }, null,
        ];
        Func<Service?, bool>[] modes = [s => s.IsReplicated(), s => s.IsGlobal(), s => s.IsReplicatedJob(), s => s.IsGlobalJob()];
        for (var s = 0; s < services.Length; s++)
        {
            Assert.Equal(modes.Select((_, m) => m == s), modes.Select(m => m(services[s])));
        }

        Assert.Equal([false, false, true, true, false], services.Select(s => s.IsJob()));
        Assert.Equal([false, true, false, true, false], services.Select(s => s.IsPerNode()));
    }

    [Theory]
    [InlineData(TaskState.Running, TaskState.Running, false)]
    [InlineData(TaskState.Running, TaskState.Ready, false)]
    [InlineData(TaskState.Running, TaskState.Preparing, true)]
    [InlineData(TaskState.Shutdown, TaskState.Running, true)]
    [InlineData(TaskState.Shutdown, TaskState.Rejected, true)]
    public void DIR_3_NewCredentials_RestartOnlyWhatHasNoImageYet(TaskState desired, TaskState observed, bool expected) => Assert.Equal(
        expected,
        IsDirty(s => s.Task.Container.PullOptions = new ContainerSpec.Types.PullOptions { RegistryAuth = "new" }, Node, t => (t.DesiredState, t.Status.State) = (desired, observed)));

    [Fact]
    public void DIR_7_DefaultsWrittenOut_RestartNothing()
    {
        Assert.False(IsDirty(s =>
        {
            s.Task.Container.StopGracePeriod = Duration.FromTimeSpan(TimeSpan.FromSeconds(10));
            s.Task.Container.PullOptions = new ContainerSpec.Types.PullOptions();
            s.Task.Container.DnsConfig = new ContainerSpec.Types.DNSConfig();
            s.Task.Resources = new ResourceRequirements();
            s.Task.Placement = new Placement();
            s.Task.Restart = new RestartPolicy
            {
                Condition = RestartPolicy.Types.RestartCondition.Any,
                Delay = Duration.FromTimeSpan(TimeSpan.FromSeconds(5)),
            };
            s.Endpoint = new EndpointSpec();
        }));
        Assert.True(IsDirty(s => s.Task.Restart = new RestartPolicy()));
    }

    private static bool IsDirty(Action<ServiceSpec> change) => IsDirty(change, Node);

    private static bool IsDirty(Action<ServiceSpec> change, Node? node, Action<SwarmTask>? configure = null)
    {
        var service = ServiceOf();
        var task = TaskOf(service);
        change(service.Spec);
        configure?.Invoke(task);
        return new DirtyCheck(service).IsDirty(task, node);
    }

    private static Service ServiceOf() => new()
    {
        Id = "svc",
        SpecVersion = new ObjectVersion { Index = 2 },
        Spec = new ServiceSpec
        {
            Annotations = new Annotations { Name = "web" },
            Task = new TaskSpec { Container = new ContainerSpec { Image = "v1" } },
            Replicated = new ReplicatedService { Replicas = 1 },
        },
    };

    private static SwarmTask TaskOf(Service service) => new()
    {
        Id = "t1",
        NodeId = "n1",
        Spec = service.Spec.Task.Clone(),
        SpecVersion = new ObjectVersion { Index = 1 },
        Endpoint = new Endpoint(),
        Status = new SwarmTaskStatus { State = TaskState.Running },
        DesiredState = TaskState.Running,
    };
}
