using System.Collections.Immutable;
using SwarmOrleans.Tests.Specifications.Reconciling;

namespace SwarmOrleans.Tests.Specifications.Restarting;

/// <summary>A task of the slot.</summary>
/// <param name="Row">What can be seen of it.</param>
/// <param name="Age">Units since its state was noted.</param>
/// <param name="Hold">Why it does not start yet, if it is READY.</param>
/// <param name="IsLast">It ended, and it was decided that nothing follows.</param>
internal sealed record RestartTask(TaskRow Row, int Age, StartHold? Hold = null, bool IsLast = false)
{
    public override string ToString() => $"{Row}{(Age > 0 ? $" for {Age}" : "")}{(Hold is { } h ? $" held {h.Delay},{h.Patience}" : "")}{(IsLast ? " last" : "")}";
}

/// <summary>One slot of a service, the nodes, and how often it was restarted: ages of the restarts that are remembered.</summary>
internal sealed record RestartState(ImmutableArray<NodeCondition> Nodes, ImmutableList<RestartTask> Tasks, int Restarts, ImmutableList<int> Times)
{
    public override string ToString() => $"nodes {string.Join(',', Nodes)}; {string.Join(' ', Tasks)}; {Restarts} restarts [{string.Join(',', Times)}]";

    /// <summary>The task's node cannot run it: the task belongs elsewhere (DIR-9).</summary>
    public bool IsMisplaced(RestartTask task) => task.Row.Node >= 0 && Nodes[task.Row.Node] is NodeCondition.Down or NodeCondition.Drained or NodeCondition.Gone;

    /// <summary>Nothing can be heard of the task.</summary>
    public bool IsSilent(RestartTask task) => task.Row.Node < 0 || Nodes[task.Row.Node] is NodeCondition.Down or NodeCondition.Gone;
}
