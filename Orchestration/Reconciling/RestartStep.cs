using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>Replaces tasks that have ended or whose node cannot run them, as the restart policy says (RST-1 to RST-11).</summary>
internal static class RestartStep
{
    /// <summary>Pause before a restart when the policy names none (RST-2).</summary>
    public static readonly TimeSpan DefaultDelay = TimeSpan.FromSeconds(5);

    /// <summary>How long a replacement waits for its predecessor to stop (RST-4).</summary>
    public static readonly TimeSpan StopPatience = TimeSpan.FromMinutes(1);

    public static void Run(Workspace work)
    {
        foreach (var task in work.Tasks)
        {
            if (!task.IsWanted())
            {
                continue;
            }

            var node = work.NodeOf(task);
            if (task.HasEnded() || (task.NodeId.Length > 0 && TaskFacts.IsInvalid(node)))
            {
                Restart(work, task, node);
            }
        }
    }

    /// <summary>True when the policy wants another task after this one (RST-5 to RST-9).</summary>
    public static bool IsDue(Workspace work, SwarmTask ended)
    {
        var policy = ended.Spec?.Restart;
        switch (policy?.Condition ?? RestartPolicy.Types.RestartCondition.Any)
        {
            case RestartPolicy.Types.RestartCondition.None:
            case RestartPolicy.Types.RestartCondition.OnFailure when ended.Observed() == TaskState.Complete:
                return false;
        }

        if (policy is null || policy.MaxAttempts == 0 || HistoryOf(work, ended.Slot) is not { } history || history.SpecVersion != VersionOf(ended))
        {
            return true;
        }

        var window = policy.Window.Or(TimeSpan.Zero);
        if (window <= TimeSpan.Zero || ended.StateTime() == DateTimeOffset.MinValue)
        {
            return history.Total < policy.MaxAttempts;
        }

        var (begin, end) = (ended.StateTime() - window, ended.StateTime());
        return (ulong)history.Times.Count(t => t.ToDateTimeOffset() > begin && t.ToDateTimeOffset() < end) < policy.MaxAttempts;
    }

    private static void Restart(Workspace work, SwarmTask task, Node? node)
    {
        // A task that fails before its own delay has passed waits for it, or a missing image would be tried without pause.
        if (work.Progress.Starts.FirstOrDefault(s => s.TaskId == task.Id) is { } pending && pending.NotBefore.ToDateTimeOffset() > work.Now)
        {
            work.Wake(pending.NotBefore.ToDateTimeOffset());
            return;
        }

        var due = IsDue(work, task);
        work.SetDesired(task, TaskState.Shutdown);
        if (task.NodeId.Length > 0 && node is null && !task.HasEnded())
        {
            var orphan = work.Edit(task);
            orphan.Status = orphan.Status.Clone();
            orphan.Status.State = TaskState.Orphaned;
            orphan.Status.Timestamp = work.Timestamp;
        }

        if (!due)
        {
            return;
        }

        var replacement = work.Create(task.Slot, TaskState.Ready);
        var isMoved = task.NodeId.Length > 0 && TaskFacts.IsInvalid(node);
        var delay = isMoved ? TimeSpan.Zero : task.Spec?.Restart?.Delay.Or(DefaultDelay) ?? DefaultDelay;
        work.Progress.Starts.Add(new DelayedStart
        {
            TaskId = replacement.Id,
            NotBefore = Timestamp.FromDateTimeOffset(work.Now + delay),
            GiveUpAt = Timestamp.FromDateTimeOffset(work.Now + StopPatience),
        });
        Record(work, task, replacement);
    }

    private static void Record(Workspace work, SwarmTask ended, SwarmTask replacement)
    {
        var policy = ended.Spec?.Restart;
        if (policy is null || policy.MaxAttempts == 0)
        {
            return;
        }

        var history = HistoryOf(work, ended.Slot);
        if (history is null)
        {
            history = new SlotRestarts { Slot = ended.Slot };
            work.Progress.Restarts.Add(history);
        }

        if (history.SpecVersion != VersionOf(replacement))
        {
            history.SpecVersion = VersionOf(replacement);
            history.Total = 0;
            history.Times.Clear();
        }

        history.Total++;
        var window = policy.Window.Or(TimeSpan.Zero);
        if (window > TimeSpan.Zero)
        {
            var old = history.Times.Where(t => t.ToDateTimeOffset() < work.Now - window).ToList();
            old.ForEach(t => history.Times.Remove(t));
            history.Times.Add(work.Timestamp);
        }
    }

    private static SlotRestarts? HistoryOf(Workspace work, ulong slot) => work.Progress.Restarts.FirstOrDefault(r => r.Slot == slot);

    private static ulong VersionOf(SwarmTask task) => task.SpecVersion?.Index ?? 0;
}
