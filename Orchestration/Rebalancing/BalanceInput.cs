using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>All that decides which tasks of a service should run on other nodes. Nothing in it is changed.</summary>
public sealed class BalanceInput
{
    /// <summary>The service.</summary>
    public required Service Service { get; init; }

    /// <summary>The cluster's settings: the strategy of services that name none.</summary>
    public Cluster? Cluster { get; init; }

    /// <summary>All tasks of the service, the history included.</summary>
    public required IReadOnlyCollection<SwarmTask> Tasks { get; init; }

    /// <summary>All nodes. Asked for only when the tasks alone do not show that they are spread evenly.</summary>
    public required Func<IEnumerable<Node>> AllNodes { get; init; }

    /// <summary>The tasks, of whatever service, on a node. Asked about nodes that could take a task of a service that reserves resources or host ports.</summary>
    public required Func<string, IEnumerable<SwarmTask>> TasksOnNode { get; init; }

    /// <summary>The time that the plan is made for.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>How long a node must have been as it is before tasks are moved there; zero for at once.</summary>
    public TimeSpan SteadyFor { get; init; }

    /// <summary>Ids of tasks that go when their replacements run: they count no more where they are.</summary>
    public IReadOnlySet<string> Leaving { get; init; } = new HashSet<string>();

    /// <summary>False for a running task that must stay where it is, beyond what its spec says.</summary>
    public Predicate<SwarmTask> MayMove { get; init; } = _ => true;
}

/// <summary>One task that should run elsewhere.</summary>
/// <param name="Task">The task as it was seen.</param>
/// <param name="To">The node that its replacement goes to.</param>
public sealed record BalanceMove(SwarmTask Task, Node To);

/// <summary>What a rebalance would do.</summary>
/// <param name="Moves">In the order in which to make them; each makes the spread more even, or as even at a preference that comes before.</param>
/// <param name="Reason">Why nothing is moved although it might be wanted; empty when moves are left, or none is needed.</param>
/// <param name="LookAgainAt">When a node that is too new will be old enough; null when there is none.</param>
public sealed record BalancePlan(IReadOnlyList<BalanceMove> Moves, string Reason = "", DateTimeOffset? LookAgainAt = null)
{
    /// <summary>Nothing to do.</summary>
    public static BalancePlan None { get; } = new([]);
}
