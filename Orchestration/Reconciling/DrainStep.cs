using SwarmOrleans.Contracts;
using Order = SwarmOrleans.Contracts.UpdateConfig.Types.UpdateOrder;

namespace SwarmOrleans.Orchestration;

/// <summary>
/// Moves a replicated service's tasks off draining nodes in the order and at the parallelism of its updates; a slot's turn ends when it runs elsewhere. A
/// drain by force is the restart step's, which moves all at once as SwarmKit does (section 14).
/// </summary>
internal static class DrainStep
{
    /// <summary>Begins what may begin now; true when a task was moved.</summary>
    public static bool Run(Workspace work, List<SlotView> slots)
    {
        var hasMoved = false;
        var moving = work.Progress.MovingSlots.Count == 0 ? [] : Moving(work, slots.Select(s => s.Key).ToHashSet());
        var config = work.Service.Spec.Update ?? new UpdateConfig { Parallelism = 1 };
        var busy = moving.Count + work.Moves.All.Count(m => !moving.Contains(SlotKey.Numbered(m.Slot)))
            + (work.Progress.Update?.Slots.Count(s => s.SettledAt is null && !moving.Contains(SlotKey.Numbered(s.Slot_))) ?? 0);
        foreach (var (key, _) in slots)
        {
            if (TaskToMove(work, key) is not { } task)
            {
                continue;
            }

            // What does not run yet is missed by nobody.
            var isRunning = task.Observed() == TaskState.Running;
            if (isRunning && config.Parallelism != 0 && (ulong)busy >= config.Parallelism)
            {
                continue;
            }

            Move(work, task, config.Order == Order.StartFirst);
            moving.Add(key);
            hasMoved = true;
            busy += isRunning ? 1 : 0;
        }

        work.Progress.MovingSlots.Clear();
        work.Progress.MovingSlots.AddRange(moving.Select(k => k.Slot).Order());
        return hasMoved;
    }

    private static HashSet<SlotKey> Moving(Workspace work, HashSet<SlotKey> present) =>
        [.. work.Progress.MovingSlots.Select(SlotKey.Numbered).Where(k => present.Contains(k) && IsUnderWay(work, k))];

    // A task that has to leave, unless another is on its way already.
    private static SwarmTask? TaskToMove(Workspace work, SlotKey key)
    {
        SwarmTask? leaving = null;
        foreach (var task in work.InSlot(key))
        {
            if (task.IsWanted() && TaskFacts.IsDraining(work.NodeOf(task)) && (leaving is null || task.Observed() > leaving.Observed()))
            {
                leaving = task;
            }
        }

        return leaving is null || OverlapStep.HasStaying(work, key) ? null : leaving;
    }

    private static bool IsUnderWay(Workspace work, SlotKey key)
    {
        var elsewhere = Array.FindAll(work.InSlot(key), t => t.IsWanted() && !TaskFacts.IsDraining(work.NodeOf(t)));
        return Array.Exists(elsewhere, t => t.Observed() != TaskState.Running)
            && !Array.Exists(elsewhere, t => t.Observed() == TaskState.Running && OverlapStep.IsStaying(work, t));
    }

    private static void Move(Workspace work, SwarmTask task, bool isStartFirst)
    {
        var key = work.KeyOf(task);
        var isDue = RestartStep.IsDue(work, task);
        var keepsRunning = isStartFirst && isDue;
        foreach (var leaving in work.InSlot(key).Where(t => TaskFacts.IsDraining(work.NodeOf(t))))
        {
            if (!keepsRunning || leaving.Observed() != TaskState.Running)
            {
                work.SetDesired(leaving, TaskState.Shutdown);
            }
        }

        if (isDue)
        {
            _ = keepsRunning ? work.Create(key, work.Goal) : StartStep.Create(work, key);
        }
    }
}
