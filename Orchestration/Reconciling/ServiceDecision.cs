using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>What to change so that a service's tasks become what they should be.</summary>
public sealed class ServiceDecision
{
    /// <summary>New tasks.</summary>
    public required IReadOnlyList<SwarmTask> Create { get; init; }

    /// <summary>Changed tasks, with the version that they were decided on.</summary>
    public required IReadOnlyList<SwarmTask> Update { get; init; }

    /// <summary>Tasks to delete, as they were read.</summary>
    public required IReadOnlyList<SwarmTask> Remove { get; init; }

    /// <summary>The service with a new update status, or rolled back; null when it stays.</summary>
    public Service? Service { get; init; }

    /// <summary>The service's own object goes: none of its tasks can run any more, so that its name, ports and networks are free.</summary>
    public bool RemovesService { get; init; }

    /// <summary>What to remember; null when the row is to be removed, since nothing is left of the service.</summary>
    public ServiceProgress? Progress { get; init; }

    /// <summary>When to decide again if nothing happens before; null when only an event can change the decision.</summary>
    public DateTimeOffset? WakeAt { get; init; }

    /// <summary>True when nothing is to be committed.</summary>
    public required bool IsEmpty { get; init; }
}
