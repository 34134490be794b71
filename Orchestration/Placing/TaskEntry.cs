using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>One task as the scheduler remembers it. A swarm has a million: what few have is in <see cref="Claims"/>.</summary>
internal struct TaskEntry
{
    public const int NoNode = -1;

    public PlacementGroup Group;

    /// <summary>The task, while it waits.</summary>
    public SwarmTask? Waiting;

    /// <summary>What it has on its node beyond what the group says.</summary>
    public TaskClaims? Claims;

    /// <summary>Number of the node that it is accounted on.</summary>
    public int Node;

    /// <summary>It is meant to run.</summary>
    public bool IsActive;

    /// <summary>It was made for its node: its failures say nothing about where others should go (SCH-5).</summary>
    public bool IsPreassigned;
}

/// <summary>Generic resources and volumes of one task.</summary>
/// <param name="Generic">What it was given; null when nothing.</param>
/// <param name="Volumes">Volumes it uses.</param>
internal sealed record TaskClaims(IReadOnlyList<GenericResource>? Generic, IReadOnlyList<VolumeAttachment> Volumes)
{
    public static TaskClaims? Of(SwarmTask task) => Of(
        task.AssignedGenericResources.Count > 0 ? task.AssignedGenericResources : null,
        task.Volumes);

    public static TaskClaims? Of(IReadOnlyList<GenericResource>? generic, IReadOnlyList<VolumeAttachment> volumes) =>
        generic is null && volumes.Count == 0 ? null : new TaskClaims(generic, volumes);

    public static bool AreSame(TaskClaims? a, TaskClaims? b) =>
        ReferenceEquals(a, b)
        || (a is not null && b is not null && (a.Generic ?? []).SequenceEqual(b.Generic ?? []) && a.Volumes.SequenceEqual(b.Volumes));
}
