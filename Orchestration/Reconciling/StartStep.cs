using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>
/// Lets replacements start: after their delay, and after their predecessor has stopped (RST-3, RST-4). Both are stored, so that neither is lost with a
/// manager (INI-3).
/// </summary>
internal static class StartStep
{
    private static readonly TimeSpan MinPatience = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan BeyondGrace = TimeSpan.FromSeconds(30);

    public static void Run(Workspace work)
    {
        work.Starts.RemoveWhere(s => work.Find(s.TaskId) is not { DesiredState: TaskState.Ready });
        foreach (var task in work.Tasks)
        {
            if (task.DesiredState == TaskState.Ready)
            {
                Consider(work, task);
            }
        }
    }

    /// <summary>Holds a READY task until <paramref name="delay"/> has passed and its slot is free.</summary>
    public static void Delay(Workspace work, SwarmTask task, TimeSpan delay) => Arm(work, task, work.Now + delay);

    /// <summary>Makes a task that may start at once, but not beside one that is still stopping in its slot.</summary>
    public static SwarmTask Create(Workspace work, SlotKey key)
    {
        var mustWait = IsStopping(work, key);
        var task = work.Create(key, mustWait ? TaskState.Ready : work.Goal);
        if (mustWait)
        {
            Delay(work, task, TimeSpan.Zero);
        }

        return task;
    }

    private static void Consider(Workspace work, SwarmTask task)
    {
        var start = work.Starts.Find(task.Id) ?? Repair(work, task);
        var notBefore = start.NotBefore.ToDateTimeOffset();
        if (notBefore > work.Now)
        {
            work.Wake(notBefore);
            return;
        }

        var giveUpAt = start.GiveUpAt.ToDateTimeOffset();
        if (giveUpAt > work.Now && IsStopping(work, work.KeyOf(task)))
        {
            work.Wake(giveUpAt);
            return;
        }

        work.SetDesired(task, work.Goal);
        work.Starts.Remove(task.Id);
    }

    private static bool IsStopping(Workspace work, SlotKey key) => Stopping(work, key).Any();

    private static IEnumerable<SwarmTask> Stopping(Workspace work, SlotKey key) => work.InSlot(key).Where(t =>
        !t.IsWanted() && JobFacts.IsCurrent(work, t) && t.Observed() is >= TaskState.Assigned and <= TaskState.Running && !TaskFacts.IsDown(work.NodeOf(t)));

    // A task that was left READY without a note, by another implementation or an older version, starts after its policy's delay (INI-3).
    private static DelayedStart Repair(Workspace work, SwarmTask task)
    {
        var delay = task.Spec?.Restart?.Delay.Or(RestartStep.DefaultDelay) ?? RestartStep.DefaultDelay;
        var since = task.StateTime() == DateTimeOffset.MinValue || task.StateTime() > work.Now ? work.Now : task.StateTime();
        return Arm(work, task, since + delay);
    }

    private static DelayedStart Arm(Workspace work, SwarmTask task, DateTimeOffset notBefore) => work.Starts.Put(new DelayedStart
    {
        TaskId = task.Id,
        NotBefore = Timestamp.FromDateTimeOffset(notBefore),
        GiveUpAt = Timestamp.FromDateTimeOffset(work.Now + Patience(work, work.KeyOf(task))),
    });

    // A minute as in SwarmKit, but never less than what the predecessor was promised for stopping.
    private static TimeSpan Patience(Workspace work, SlotKey key)
    {
        var patience = MinPatience;
        foreach (var task in Stopping(work, key))
        {
            var grace = task.Spec?.Container?.StopGracePeriod.Or(TaskFacts.DefaultStopGrace) ?? TaskFacts.DefaultStopGrace;
            patience = grace + BeyondGrace > patience ? grace + BeyondGrace : patience;
        }

        return patience;
    }
}
