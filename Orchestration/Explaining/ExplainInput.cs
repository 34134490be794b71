using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>What explanations look at: one view. Nothing in it is changed.</summary>
public sealed class ExplainInput
{
    /// <summary>All nodes.</summary>
    public required Func<IEnumerable<Node>> AllNodes { get; init; }

    /// <summary>The node with that id, or null.</summary>
    public required Func<string, Node?> FindNode { get; init; }

    /// <summary>The tasks on the node with that id. Asked for by tasks that ask for something that others may have taken.</summary>
    public required Func<string, IEnumerable<SwarmTask>> TasksOnNode { get; init; }

    /// <summary>The tasks of the service with that id, the history included.</summary>
    public required Func<string, IReadOnlyCollection<SwarmTask>> TasksOfService { get; init; }

    /// <summary>The service with that id, or null.</summary>
    public Func<string, Service?> FindService { get; init; } = _ => null;

    /// <summary>What the service's reconciler remembers, or null.</summary>
    public Func<string, ServiceProgress?> FindProgress { get; init; } = _ => null;

    /// <summary>All cluster volumes. Asked for by tasks that mount one.</summary>
    public Func<IEnumerable<Volume>> AllVolumes { get; init; } = () => [];

    /// <summary>The network with that id, or null.</summary>
    public Func<string, Network?> FindNetwork { get; init; } = _ => null;

    /// <summary>The cluster's settings.</summary>
    public Cluster? Cluster { get; init; }

    /// <summary>The time of the question.</summary>
    public required DateTimeOffset Now { get; init; }
}
