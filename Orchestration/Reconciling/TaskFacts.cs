using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;
using Condition = SwarmOrleans.Contracts.RestartPolicy.Types.RestartCondition;

namespace SwarmOrleans.Orchestration;

/// <summary>Questions about tasks and nodes that several rules ask.</summary>
public static class TaskFacts
{
    /// <summary>How long a task may take to stop when its spec does not say (section 25).</summary>
    public static readonly TimeSpan DefaultStopGrace = TimeSpan.FromSeconds(10);

    /// <summary>The last state that its agent or a manager reported.</summary>
    public static TaskState Observed(this SwarmTask task) => task.Status?.State ?? TaskState.New;

    /// <summary>It is meant to run, on and on or, for a job, to its end (TM-3).</summary>
    public static bool IsWanted(this SwarmTask task) => task.DesiredState <= TaskState.Complete;

    /// <summary>It has ended or never will begin (TM-1).</summary>
    public static bool HasEnded(this SwarmTask task) => task.Observed() > TaskState.Running;

    /// <summary>It ended by itself and badly: what a rolling update counts, and what gives up a job's slot.</summary>
    public static bool HasFailed(this SwarmTask task) => task.Observed() is TaskState.Failed or TaskState.Rejected
        || (task.Observed() == TaskState.Complete && Condition(task) == RestartPolicy.Types.RestartCondition.Any);

    /// <summary>When the policy wants a task again; ANY when the task has no policy (NT-3).</summary>
    public static Condition Condition(this SwarmTask task) => task.Spec?.Restart?.Condition ?? RestartPolicy.Types.RestartCondition.Any;

    /// <summary>Neither it nor a process of it can exist on a node: its object may go (REA-2).</summary>
    public static bool IsReapable(this SwarmTask task) => task.Observed() < TaskState.Assigned || task.Observed() >= TaskState.Complete;

    /// <summary>It belongs to the past: it has ended, or will never run (REA-5).</summary>
    public static bool IsSpent(this SwarmTask task) => task.HasEnded() || (task.Observed() < TaskState.Assigned && !task.IsWanted());

    /// <summary>The node is gone, down or being drained: its tasks belong elsewhere (DIR-9).</summary>
    public static bool IsInvalid(Node? node) =>
        node is null || IsDown(node) || node.Spec?.Availability == NodeSpec.Types.Availability.Drain;

    /// <summary>Nothing can be heard of the node's tasks.</summary>
    public static bool IsDown(Node? node) => node is null || node.Status?.State == NodeStatus.Types.State.Down;

    /// <summary>The node's tasks are to be moved away with care: it is being drained, not by force, and can still be heard of.</summary>
    public static bool IsDraining(Node? node) => !IsDown(node) && node!.Spec is { Availability: NodeSpec.Types.Availability.Drain, ForceDrain: false };

    /// <summary>The node takes new tasks.</summary>
    public static bool IsOpen(Node? node) => node?.Status?.State == NodeStatus.Types.State.Ready
        && (node.Spec?.Availability ?? NodeSpec.Types.Availability.Active) == NodeSpec.Types.Availability.Active;

    /// <summary>When its state was noted, by a manager's clock if known (DIR-10).</summary>
    public static DateTimeOffset StateTime(this SwarmTask task) =>
        (task.Status?.AppliedAt ?? task.Status?.Timestamp)?.ToDateTimeOffset() ?? DateTimeOffset.MinValue;

    /// <summary>Tasks from the oldest to the newest (DIR-10); the same order whenever it is asked for.</summary>
    public static IOrderedEnumerable<SwarmTask> InTime(this IEnumerable<SwarmTask> tasks) =>
        tasks.OrderBy(t => t.StateTime()).ThenBy(t => t.Id, StringComparer.Ordinal);

    /// <summary>A duration, or <paramref name="fallback"/> when it is not given.</summary>
    public static TimeSpan Or(this Duration? duration, TimeSpan fallback) => duration?.ToTimeSpan() ?? fallback;
}
