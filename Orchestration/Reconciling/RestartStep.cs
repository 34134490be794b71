using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>Replaces tasks that have ended or whose node cannot run them, as the restart policy says (RST-1 to RST-11).</summary>
internal static class RestartStep
{
    /// <summary>Pause before a restart when the policy names none (RST-2).</summary>
    public static readonly TimeSpan DefaultDelay = TimeSpan.FromSeconds(5);

    public static void Run(Workspace work)
    {
        foreach (var id in work.Tasks.Select(t => t.Id))
        {
            if (work.Find(id) is not { } task || !task.IsWanted() || !JobFacts.IsCurrent(work, task))
            {
                continue;
            }

            var node = work.NodeOf(task);
            if (HasEnded(work, task) || (task.NodeId.Length > 0 && TaskFacts.IsInvalid(node) && !IsMovedWithCare(work, node) && !IsDone(work, task)))
            {
                Restart(work, task, node);
            }
        }

        ForgetEmptySlots(work);
    }

    /// <summary>Without any task left in it a slot has no past.</summary>
    public static void ForgetEmptySlots(Workspace work) =>
        work.Restarts.RemoveWhere(r => work.InSlot(new SlotKey(r.Slot, r.NodeId)).Length == 0);

    /// <summary>True when the policy wants another task after this one (RST-5 to RST-9).</summary>
    public static bool IsDue(Workspace work, SwarmTask ended)
    {
        var policy = ended.Spec?.Restart;
        switch (ended.Condition())
        {
            // A job's task that has succeeded is done whatever the policy says (RST-6).
            case RestartPolicy.Types.RestartCondition.None:
            case RestartPolicy.Types.RestartCondition.OnFailure when ended.Observed() == TaskState.Complete:
            case RestartPolicy.Types.RestartCondition.Any when ended.Observed() == TaskState.Complete && work.Service.IsJob():
                return false;
        }

        if (policy is null || policy.MaxAttempts == 0 || work.Restarts.Find(work.KeyOf(ended)) is not { } history || history.SpecVersion != VersionOf(ended))
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

    private static bool HasEnded(Workspace work, SwarmTask task) => work.Service.IsJob() ? task.Observed() > TaskState.Complete : task.HasEnded();

    // A job's success stays one, wherever its node is now.
    private static bool IsDone(Workspace work, SwarmTask task) => work.Service.IsJob() && task.Observed() == TaskState.Complete;

    // A replicated service's tasks leave a draining node a few at a time.
    private static bool IsMovedWithCare(Workspace work, Node? node) => work.Service.IsReplicated() && TaskFacts.IsDraining(node);

    private static void Restart(Workspace work, SwarmTask task, Node? node)
    {
        // A task that fails before its own delay has passed waits for it, or a missing image would be tried without pause.
        if (work.Starts.Find(task.Id) is { } pending && pending.NotBefore.ToDateTimeOffset() > work.Now)
        {
            work.Wake(pending.NotBefore.ToDateTimeOffset());
            return;
        }

        work.SetDesired(task, TaskState.Shutdown);
        if (task.NodeId.Length > 0 && node is null && !task.HasEnded())
        {
            var orphan = work.Edit(task);
            orphan.Status = orphan.Status.Clone();
            orphan.Status.State = TaskState.Orphaned;
            orphan.Status.Timestamp = orphan.Status.AppliedAt = work.Timestamp;
        }

        // Asked about the end as it is stored, so that whoever asks again is told the same.
        if (!IsDue(work, work.Find(task.Id)!) || OverlapStep.HasSuccessor(work, task))
        {
            return;
        }

        var replacement = work.Create(work.KeyOf(task), TaskState.Ready);
        var isMoved = task.NodeId.Length > 0 && TaskFacts.IsInvalid(node);
        StartStep.Delay(work, replacement, isMoved ? TimeSpan.Zero : task.Spec?.Restart?.Delay.Or(DefaultDelay) ?? DefaultDelay);
        Record(work, task, replacement);
    }

    private static void Record(Workspace work, SwarmTask ended, SwarmTask replacement)
    {
        var policy = ended.Spec?.Restart;
        if (policy is null || policy.MaxAttempts == 0)
        {
            return;
        }

        var key = work.KeyOf(ended);
        var history = work.Restarts.Find(key) ?? work.Restarts.Put(new SlotRestarts { Slot = key.Slot, NodeId = key.NodeId });
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

    private static ulong VersionOf(SwarmTask task) => task.SpecVersion?.Index ?? 0;
}
