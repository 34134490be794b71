using SwarmOrleans.Contracts;
using Slot = SwarmOrleans.Contracts.UpdateRun.Types.Slot;

namespace SwarmOrleans.Orchestration;

/// <summary>Follows the tasks that a run made, and says when too many of them have failed (UPD-11 to UPD-13).</summary>
internal static class UpdateWatch
{
    private static readonly TimeSpan DefaultMonitor = TimeSpan.FromSeconds(5);

    /// <summary>How long a task must run to count as good (UPD-5).</summary>
    public static TimeSpan Monitor(UpdateConfig config) => config.Monitor.Or(DefaultMonitor);

    /// <summary>Notes what has become of the slots that had their turn.</summary>
    public static void Observe(Workspace work, Notes<SlotKey, Slot> slots, UpdateConfig config, bool isPaused)
    {
        foreach (var slot in slots.All)
        {
            var task = work.Find(slot.TaskId);
            if (slot.SettledAt is null)
            {
                Settle(work, slot, task, isPaused ? TimeSpan.Zero : config.ProgressDeadline.Or(TimeSpan.Zero));
            }
            else if (slot.Created && !slot.Failed && task is not null && task.HasFailed()
                && task.StateTime() - slot.SettledAt.ToDateTimeOffset() <= Monitor(config))
            {
                slot.Failed = true;
            }
        }
    }

    /// <summary>The slot that was one failure too many; null while there are not too many.</summary>
    public static Slot? FailureToActOn(UpdateRun run, Notes<SlotKey, Slot> slots, UpdateConfig config)
    {
        if (config.FailureAction == UpdateConfig.Types.FailureAction.Continue)
        {
            return null;
        }

        var failed = slots.All.Where(s => s.Failed).ToList();
        return failed.Count > 0 && failed.Count / (float)run.Total > config.MaxFailureRatio ? failed[^1] : null;
    }

    private static void Settle(Workspace work, Slot slot, SwarmTask? task, TimeSpan deadline)
    {
        if (task is null || (!task.IsWanted() && !task.HasFailed()))
        {
            // Its node went away, or somebody deleted it: another may have taken its place, and is followed instead.
            var successor = OverlapStep.Best(work, work.InSlot(new SlotKey(slot.Slot_, slot.NodeId)));
            slot.TaskId = successor?.Id ?? slot.TaskId;
            slot.SettledAt = successor is null ? work.Timestamp : null;
        }
        else if (task.HasEnded() || task.Observed() == TaskState.Running)
        {
            slot.SettledAt = work.Timestamp;
            slot.Failed = slot.Created && task.HasFailed();
        }
        else if (deadline > TimeSpan.Zero && slot.StartedAt is not null)
        {
            var due = slot.StartedAt.ToDateTimeOffset() + deadline;
            if (due > work.Now)
            {
                work.Wake(due);
                return;
            }

            slot.SettledAt = work.Timestamp;
            slot.Failed = slot.Overdue = true;
        }
    }
}
