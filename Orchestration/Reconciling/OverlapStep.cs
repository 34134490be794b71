using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>
/// Ends overlaps: when an up-to-date task of a slot runs, the others in it stop, and never before (DIR-8, UPD-7). SwarmKit goes by desired states and so
/// stops a healthy task whose replacement never ran (UPD-9).
/// </summary>
internal static class OverlapStep
{
    public static void Run(Workspace work)
    {
        foreach (var key in work.Slots)
        {
            var tasks = work.InSlot(key);
            if (tasks.Length > 1 && Array.FindAll(tasks, t => t.IsWanted()) is { Length: > 1 } wanted)
            {
                Resolve(work, wanted);
            }
        }
    }

    /// <summary>True when another task of the slot is there to stay.</summary>
    public static bool HasSuccessor(Workspace work, SwarmTask task) =>
        Array.Exists(work.InSlot(work.KeyOf(task)), other => other.Id != task.Id && IsStaying(work, other));

    /// <summary>True when a task of the slot is there to stay.</summary>
    public static bool HasStaying(Workspace work, SlotKey key) => Array.Exists(work.InSlot(key), t => IsStaying(work, t));

    /// <summary>The task that is to stay in a slot; null when none is.</summary>
    public static SwarmTask? Best(Workspace work, IEnumerable<SwarmTask> tasks) => tasks.Where(t => IsStaying(work, t))
        .OrderByDescending(t => t.Observed()).ThenByDescending(t => t.DesiredState).ThenBy(t => t.StateTime()).ThenBy(t => t.Id, StringComparer.Ordinal)
        .FirstOrDefault();

    /// <summary>A task that its slot can rely on: wanted, alive, up to date, on no node that it must leave, and not about to move.</summary>
    public static bool IsStaying(Workspace work, SwarmTask task) => IsSound(work, task) && !work.IsDirty(task) && !IsMoving(work, task);

    // For the sake of balance: as long as there is hope for its replacement.
    private static bool IsMoving(Workspace work, SwarmTask task) =>
        work.Moves.Count > 0 && work.Moves.Find(work.KeyOf(task)) is { } move && move.LeavingId == task.Id
        && work.Find(move.TaskId) is { } next && IsSound(work, next);

    private static bool IsSound(Workspace work, SwarmTask task) =>
        task.IsWanted() && !task.HasEnded() && (task.NodeId.Length == 0 || !TaskFacts.IsInvalid(work.NodeOf(task)));

    private static void Resolve(Workspace work, SwarmTask[] wanted)
    {
        if (Best(work, wanted) is not { } best)
        {
            return;
        }

        var isRunning = best.Observed() == TaskState.Running;
        foreach (var other in wanted)
        {
            if (other.Id != best.Id && (isRunning || IsStaying(work, other)))
            {
                work.SetDesired(other, TaskState.Shutdown);
            }
        }
    }
}
