using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>A slot that counts: with tasks that are meant to run, or filled by one that is finished for good (REP-7).</summary>
internal sealed record SlotView(ulong Slot, List<SwarmTask> Updatable)
{
    /// <summary>All slots that count, by number.</summary>
    public static List<SlotView> Of(Workspace work)
    {
        var isRollingBack = work.Service.UpdateStatus?.State == UpdateStatus.Types.UpdateState.RollbackStarted;
        var slots = new List<SlotView>();
        foreach (var slot in work.Slots)
        {
            var tasks = work.InSlot(slot);
            var wanted = tasks.Where(t => t.IsWanted()).ToList();
            if (wanted.Count == 0 && !isRollingBack && Newest(tasks) is { DesiredState: < TaskState.Remove } newest && !RestartStep.IsDue(work, newest))
            {
                wanted.Add(newest);
            }

            if (wanted.Count > 0)
            {
                slots.Add(new SlotView(slot, wanted));
            }
        }

        return slots;
    }

    private static SwarmTask? Newest(List<SwarmTask> tasks) => tasks.MaxBy(t => t.StateTime());
}
