using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>All that decides what one service's tasks should be. Nothing in it is changed.</summary>
public sealed class ServiceInput
{
    /// <summary>The service; null when it has been removed.</summary>
    public required Service? Service { get; init; }

    /// <summary>Id of the service.</summary>
    public required string ServiceId { get; init; }

    /// <summary>What the last decision remembered; null at the first.</summary>
    public ServiceProgress? Progress { get; init; }

    /// <summary>The cluster's settings: history limit, default log driver.</summary>
    public Cluster? Cluster { get; init; }

    /// <summary>All tasks of the service, the history included.</summary>
    public required IReadOnlyCollection<SwarmTask> Tasks { get; init; }

    /// <summary>The node with that id, or null.</summary>
    public required Func<string, Node?> FindNode { get; init; }

    /// <summary>All nodes. Asked for by services with one task per node alone.</summary>
    public required Func<IEnumerable<Node>> AllNodes { get; init; }

    /// <summary>The tasks, of whatever service, on the node with that id. Asked about nodes that a rebalance would move tasks to.</summary>
    public Func<string, IEnumerable<SwarmTask>> TasksOnNode { get; init; } = _ => [];

    /// <summary>Which other service has a published port. Asked for by services that go back to other ports alone.</summary>
    public PortHolder FindPortHolder { get; init; } = (_, _, _) => null;

    /// <summary>The time that the decision is made for.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>Ids for new tasks.</summary>
    public required IIdSource Ids { get; init; }
}
