using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>What became of a task that waited.</summary>
public enum PlacementOutcome
{
    /// <summary>It goes to a node (SCH-21).</summary>
    Assigned,

    /// <summary>It can run on the node that it was made for (SCH-23).</summary>
    Confirmed,

    /// <summary>It goes on waiting, for a reason that has not been written yet (SCH-22).</summary>
    Waits,

    /// <summary>It is not wanted any more and never had a node: it is SHUTDOWN (SCH-22).</summary>
    Stopped,
}

/// <summary>What the scheduler decided about one task.</summary>
/// <param name="Task">The task as it was seen.</param>
/// <param name="Node">The node that it goes to, as it was seen; null when none is suitable.</param>
/// <param name="Explanation">Why not, filter by filter; empty when it was placed.</param>
public sealed record PlacementDecision(SwarmTask Task, Node? Node, string Explanation)
{
    /// <summary>What became of it.</summary>
    public PlacementOutcome Outcome { get; init; } = Node is null ? PlacementOutcome.Waits : PlacementOutcome.Assigned;

    /// <summary>Generic resources of the node that it is given.</summary>
    public IReadOnlyList<GenericResource> GenericResources => Claims?.Generic ?? [];

    /// <summary>Cluster volumes for its mounts.</summary>
    public IReadOnlyList<VolumeAttachment> Volumes => Claims?.Volumes ?? [];

    /// <summary>Both; null for most.</summary>
    internal TaskClaims? Claims { get; init; }

    /// <summary>The task as the store should hold it: a copy of its own that shares with <see cref="Task"/> what does not change.</summary>
    /// <param name="now">When it was decided.</param>
    public SwarmTask Decided(Timestamp now)
    {
        var task = Copy();
        task.Status = new SwarmTaskStatus { Timestamp = now, State = TaskState.Assigned };
        switch (Outcome)
        {
            case PlacementOutcome.Assigned:
                task.NodeId = Node!.Id;
                task.Status.Message = "scheduler assigned task to node";
                break;
            case PlacementOutcome.Confirmed:
                task.Status.Message = "scheduler confirmed task can run on preassigned node";
                break;
            case PlacementOutcome.Stopped:
                task.Status.State = TaskState.Shutdown;
                task.Status.Message = Task.Status?.Message ?? "";
                break;
            default:
                task.Status.State = TaskState.Pending;
                task.Status.Message = "pending task scheduling";
                task.Status.Err = Explanation;
                break;
        }

        return task;
    }

    private SwarmTask Copy()
    {
        var copy = TaskCopy.Of(Task);
        if (Node is null)
        {
            // Addresses are the task's only once it has a node.
            copy.Networks.Clear();
        }

        Replace(copy.AssignedGenericResources, GenericResources);
        Replace(copy.Volumes, Volumes);
        return copy;
    }

    private static void Replace<T>(Google.Protobuf.Collections.RepeatedField<T> field, IReadOnlyList<T> values)
    {
        if (values.Count > 0)
        {
            field.Clear();
            field.AddRange(values);
        }
    }
}
