using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>Questions about tasks and nodes that several rules ask.</summary>
public static class TaskFacts
{
    /// <summary>The last state that its agent or a manager reported.</summary>
    public static TaskState Observed(this SwarmTask task) => task.Status?.State ?? TaskState.New;

    /// <summary>It is meant to run.</summary>
    public static bool IsWanted(this SwarmTask task) => task.DesiredState <= TaskState.Running;

    /// <summary>It has ended or never will begin (TM-1).</summary>
    public static bool HasEnded(this SwarmTask task) => task.Observed() > TaskState.Running;

    /// <summary>Neither it nor a process of it can exist on a node: its object may go (REA-2).</summary>
    public static bool IsReapable(this SwarmTask task) => task.Observed() < TaskState.Assigned || task.Observed() >= TaskState.Complete;

    /// <summary>The node is gone, down or being drained: its tasks belong elsewhere (DIR-9).</summary>
    public static bool IsInvalid(Node? node) =>
        node is null || IsDown(node) || node.Spec?.Availability == NodeSpec.Types.Availability.Drain;

    /// <summary>Nothing can be heard of the node's tasks.</summary>
    public static bool IsDown(Node? node) => node is null || node.Status?.State == NodeStatus.Types.State.Down;

    /// <summary>When its state was noted, by a manager's clock if known (DIR-10).</summary>
    public static DateTimeOffset StateTime(this SwarmTask task) =>
        (task.Status?.AppliedAt ?? task.Status?.Timestamp)?.ToDateTimeOffset() ?? DateTimeOffset.MinValue;

    /// <summary>A duration, or <paramref name="fallback"/> when it is not given.</summary>
    public static TimeSpan Or(this Duration? duration, TimeSpan fallback) => duration?.ToTimeSpan() ?? fallback;
}
