using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Tests.Silo;

/// <summary>Objects of a small swarm.</summary>
internal static class Samples
{
    public static Cluster NewCluster() => new()
    {
        Id = "cluster1",
        Spec = new ClusterSpec
        {
            Annotations = new Annotations { Name = "default" },
            Orchestration = new OrchestrationConfig { TaskHistoryRetentionLimit = 5 },
            Dispatcher = new DispatcherConfig { HeartbeatPeriod = Duration.FromTimeSpan(TimeSpan.FromSeconds(5)) },
        },
    };

    public static Manager NewManager(string id) => new() { Id = id, Addr = id, BootId = "boot-" + id, RaftId = 1 };

    public static Node NewNode(string id, NodeStatus.Types.State state = NodeStatus.Types.State.Ready) => new()
    {
        Id = id,
        Spec = new NodeSpec { Availability = NodeSpec.Types.Availability.Active, Membership = NodeSpec.Types.Membership.Accepted },
        Status = new NodeStatus { State = state },
        Description = new NodeDescription { Hostname = id, Resources = new Resources { NanoCpus = 4_000_000_000, MemoryBytes = 8L << 30 } },
    };

    public static ServiceSpec NewSpec(string name, ulong replicas) => new()
    {
        Annotations = new Annotations { Name = name },
        Task = new TaskSpec { Container = new ContainerSpec { Image = "redis:3.0.5" } },
        Replicated = new ReplicatedService { Replicas = replicas },
    };

    public static Service NewService(string id, ulong replicas = 1) => new() { Id = id, Spec = NewSpec(id, replicas), SpecVersion = new ObjectVersion() };

    /// <summary>A task as the service's reconciler makes it, or further on.</summary>
    public static SwarmTask NewTask(Service service, string id, TaskState state = TaskState.New, string nodeId = "", ulong slot = 1) => new()
    {
        Id = id,
        ServiceId = service.Id,
        ServiceAnnotations = service.Spec.Annotations,
        Spec = service.Spec.Task,
        SpecVersion = service.SpecVersion,
        Slot = slot,
        NodeId = nodeId,
        Status = new SwarmTaskStatus { State = state },
        DesiredState = TaskState.Running,
    };

    /// <summary>A changed copy.</summary>
    public static T With<T>(this T item, Action<T> change)
        where T : Google.Protobuf.IDeepCloneable<T>
    {
        var copy = item.Clone();
        change(copy);
        return copy;
    }
}
