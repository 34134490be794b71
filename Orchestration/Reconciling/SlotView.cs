using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>A slot that counts: with tasks that are meant to run, or filled by one that is finished for good (REP-7).</summary>
internal sealed record SlotView(SlotKey Key, SwarmTask[] Updatable)
{
    /// <summary>All slots that count, in order.</summary>
    public static List<SlotView> Of(Workspace work)
    {
        // What is finished for good is run again by a rollback, so that it always converges (UPD-17).
        var isRollingBack = work.Service.UpdateStatus?.State == UpdateStatus.Types.UpdateState.RollbackStarted;
        var slots = new List<SlotView>(work.Slots.Count);
        foreach (var key in work.Slots)
        {
            var tasks = work.InSlot(key);
            var wanted = Array.TrueForAll(tasks, t => t.IsWanted()) ? tasks : Array.FindAll(tasks, t => t.IsWanted());
            if (wanted.Length == 0 && !isRollingBack && Newest(tasks) is { DesiredState: < TaskState.Remove } newest && !RestartStep.IsDue(work, newest))
            {
                wanted = [newest];
                work.Keep(newest);
            }

            if (wanted.Length > 0)
            {
                slots.Add(new SlotView(key, wanted));
            }
        }

        return slots;
    }

    /// <summary>
    /// The task that was made last. Not the one whose state was noted last: what a node that comes back says of a task that was replaced long ago says nothing
    /// about the slot.
    /// </summary>
    public static SwarmTask? Newest(IEnumerable<SwarmTask> tasks) =>
        tasks.OrderBy(t => t.Meta?.CreatedAt?.ToDateTimeOffset() ?? DateTimeOffset.MinValue).ThenBy(t => t.StateTime()).ThenBy(t => t.Id, StringComparer.Ordinal).LastOrDefault();
}
