using System.Collections.Immutable;
using SwarmOrleans.Contracts;
using SwarmOrleans.Tests.Specifications.Reconciling;

namespace SwarmOrleans.Tests.Specifications.Jobs;

/// <summary>A task of a job.</summary>
/// <param name="Row">What can be seen of it.</param>
/// <param name="Age">Units since its state was noted.</param>
/// <param name="Hold">Why it does not start yet, if it is READY.</param>
internal sealed record JobTask(TaskRow Row, int Age, StartHold? Hold = null)
{
    /// <summary>A slot of a replicated job, or a node of a global one.</summary>
    public int PlaceIn(bool isGlobal) => isGlobal ? Row.Node : Row.Slot;

    public JobTask With(TaskRow row) => row.Observed == Row.Observed ? this with { Row = row } : this with { Row = row, Age = 0 };

    public JobTask Stop(TaskState desired) => Row.Desired < desired ? this with { Row = Row with { Desired = desired }, Hold = null } : this;

    public override string ToString() => $"{Row}{(Age > 0 ? $" for {Age}" : "")}{(Hold is { } h ? $" held {h.Delay},{h.Patience}" : "")}";
}

/// <summary>A job's tasks, its iteration, and for each place how often it was restarted in which iteration.</summary>
internal sealed record JobState(ImmutableArray<NodeCondition> Nodes, ImmutableList<JobTask> Tasks, int Iteration, ImmutableSortedDictionary<int, (int Iteration, int Count)> Restarts)
{
    public override string ToString() => $"iteration {Iteration}; nodes {string.Join(',', Nodes)}; {string.Join(' ', Tasks)}; restarts {string.Join(',', Restarts)}";

    public bool IsMisplaced(JobTask task) => task.Row.Node >= 0 && Nodes[task.Row.Node] is NodeCondition.Down or NodeCondition.Drained or NodeCondition.Gone;

    public bool IsSilent(JobTask task) => task.Row.Node < 0 || Nodes[task.Row.Node] is NodeCondition.Down or NodeCondition.Gone;

    public bool IsCurrent(JobTask task) => task.Row.Version == Iteration;

    public JobState Map(Func<JobTask, JobTask> change) => this with { Tasks = [.. Tasks.Select(change)] };
}
