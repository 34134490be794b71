using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>Lets replacements start: after their delay, and after their predecessor has stopped (RST-3, RST-4).</summary>
internal static class StartStep
{
    public static void Run(Workspace work)
    {
        var starts = work.Progress.Starts;
        foreach (var start in starts.ToList())
        {
            if (work.Find(start.TaskId) is not { DesiredState: TaskState.Ready })
            {
                starts.Remove(start);
            }
        }

        foreach (var task in work.Tasks)
        {
            if (task.DesiredState == TaskState.Ready)
            {
                Consider(work, task);
            }
        }
    }

    private static void Consider(Workspace work, SwarmTask task)
    {
        var start = work.Progress.Starts.FirstOrDefault(s => s.TaskId == task.Id) ?? Repair(work, task);
        var notBefore = start.NotBefore.ToDateTimeOffset();
        if (notBefore > work.Now)
        {
            work.Wake(notBefore);
            return;
        }

        var giveUpAt = start.GiveUpAt.ToDateTimeOffset();
        if (giveUpAt > work.Now && work.InSlot(task.Slot).Exists(other => other.Id != task.Id && IsStopping(work, other)))
        {
            work.Wake(giveUpAt);
            return;
        }

        work.SetDesired(task, TaskState.Running);
        work.Progress.Starts.Remove(start);
    }

    private static bool IsStopping(Workspace work, SwarmTask task) =>
        !task.IsWanted() && task.Observed() is >= TaskState.Assigned and <= TaskState.Running && !TaskFacts.IsDown(work.NodeOf(task));

    // A task that was left READY without a note, by another implementation or an older version, starts after its policy's delay (INI-3).
    private static DelayedStart Repair(Workspace work, SwarmTask task)
    {
        var delay = task.Spec?.Restart?.Delay.Or(RestartStep.DefaultDelay) ?? RestartStep.DefaultDelay;
        var since = task.StateTime() == DateTimeOffset.MinValue || task.StateTime() > work.Now ? work.Now : task.StateTime();
        var start = new DelayedStart
        {
            TaskId = task.Id,
            NotBefore = Timestamp.FromDateTimeOffset(since + delay),
            GiveUpAt = Timestamp.FromDateTimeOffset(work.Now + RestartStep.StopPatience),
        };
        work.Progress.Starts.Add(start);
        return start;
    }
}
