using SwarmOrleans.Contracts;
using Order = SwarmOrleans.Contracts.UpdateConfig.Types.UpdateOrder;
using Slot = SwarmOrleans.Contracts.UpdateRun.Types.Slot;
using State = SwarmOrleans.Contracts.UpdateStatus.Types.UpdateState;

namespace SwarmOrleans.Orchestration;

/// <summary>
/// Rolls a changed spec out over the slots (UPD-1 to UPD-18). What it knows of a run is stored, so that failures, delays and monitoring survive the
/// manager (UPD-19).
/// </summary>
internal sealed class UpdateStep
{
    private readonly Workspace _work;
    private readonly UpdateRun _run;
    private readonly UpdateConfig _config;
    private readonly Notes<SlotKey, Slot> _slots;

    private UpdateStep(Workspace work, UpdateRun run)
    {
        _work = work;
        _run = run;
        _config = ConfigOf(work.Service);
        _slots = new Notes<SlotKey, Slot>(run.Slots, KeyOf);
    }

    public static void Run(Workspace work, List<SlotView> slots)
    {
        Predicate<SwarmTask> isDirty = work.IsDirty;
        var dirty = slots.FindAll(s => Array.Exists(s.Updatable, isDirty));
        var run = work.Progress.Update;
        var isPaused = work.Service.UpdateStatus?.State is State.Paused or State.RollbackPaused;
        if (run?.SpecVersion != work.SpecVersion || work.Service is { SpecVersion: null, UpdateStatus: null })
        {
            work.Progress.Update = null;
            if (dirty.Count == 0 || isPaused)
            {
                UpdateStates.Complete(work);
                return;
            }

            var underWay = run?.Slots.Where(s => IsOnItsWay(work, s)).ToList() ?? [];
            run = new UpdateRun { SpecVersion = work.SpecVersion, StartedAt = work.Timestamp, Total = (ulong)(dirty.Count + underWay.Count) };
            run.Slots.AddRange(underWay);
            work.Progress.Update = run;
        }

        var step = new UpdateStep(work, run);
        if (isPaused)
        {
            UpdateWatch.Observe(work, step._slots, step._config, isPaused: true);
        }
        else if (!run.Done || step.Reopens(dirty))
        {
            step.Proceed(slots, dirty);
        }

        step._slots.Flush();
        if (run.Done && run.Slots.Count == 0)
        {
            work.Progress.Update = null;
        }
    }

    private void Proceed(List<SlotView> slots, List<SlotView> dirty)
    {
        UpdateStates.Begin(_work, _run);
        UpdateWatch.Observe(_work, _slots, _config, isPaused: false);
        if (UpdateWatch.FailureToActOn(_run, _slots, _config) is { } failed)
        {
            UpdateFailure.Act(_work, _slots, _config, failed);
            return;
        }

        // Slots that are scaled away hold up no others.
        var present = slots.Select(s => s.Key).ToHashSet();
        _slots.RemoveWhere(s => !present.Contains(KeyOf(s)));
        Advance(dirty);
        FinishIfDone(dirty);
    }

    // What was tried in vain is not tried again, but slots may fall behind later, when their node changes.
    private bool Reopens(List<SlotView> dirty)
    {
        var keys = dirty.Select(s => s.Key).ToHashSet();
        _slots.RemoveWhere(s => !keys.Contains(KeyOf(s)));
        var more = keys.Count(k => !_slots.Contains(k));
        if (more == 0)
        {
            return false;
        }

        _run.Done = false;
        _run.Total += (ulong)more;
        return true;
    }

    // Parallelism counts slots on their way, and those whose delay has not passed (UPD-6).
    private void Advance(List<SlotView> dirty)
    {
        var delay = _config.Delay.Or(TimeSpan.Zero);
        var waiting = dirty.FindAll(s => !_slots.Contains(s.Key));
        var busy = 0;
        foreach (var slot in _slots.All)
        {
            if (slot.SettledAt is null)
            {
                busy++;
            }
            else if (waiting.Count > 0 && slot.SettledAt.ToDateTimeOffset() + delay > _work.Now)
            {
                busy++;
                _work.Wake(slot.SettledAt.ToDateTimeOffset() + delay);
            }
        }

        // Slots that are down come first: an update that takes the place of another would else have two updates' worth of slots down.
        foreach (var slot in waiting.OrderBy(IsUp))
        {
            if (_config.Parallelism != 0 && (ulong)busy >= _config.Parallelism)
            {
                break;
            }

            UpdateSlot(slot);
            busy++;
        }
    }

    private void UpdateSlot(SlotView slot)
    {
        var isStartFirst = _config.Order == Order.StartFirst;
        var upToDate = OverlapStep.Best(_work, slot.Updatable);
        if (!isStartFirst)
        {
            foreach (var other in slot.Updatable.Where(t => t.Id != upToDate?.Id))
            {
                _work.SetDesired(other, TaskState.Shutdown);
            }
        }

        var next = upToDate ?? (isStartFirst ? _work.Create(slot.Key, _work.Goal) : StartStep.Create(_work, slot.Key));
        _slots.Put(new Slot
        {
            Slot_ = slot.Key.Slot,
            NodeId = slot.Key.NodeId,
            TaskId = next.Id,
            Created = upToDate is null,
            StartedAt = _work.Timestamp,
        });
        if (_config.ProgressDeadline.Or(TimeSpan.Zero) is var deadline && deadline > TimeSpan.Zero)
        {
            _work.Wake(_work.Now + deadline);
        }
    }

    private void FinishIfDone(List<SlotView> dirty)
    {
        if (_slots.All.Any(s => s.SettledAt is null) || dirty.Exists(s => !_slots.Contains(s.Key)))
        {
            return;
        }

        var last = _slots.All.Select(s => s.SettledAt.ToDateTimeOffset()).DefaultIfEmpty(DateTimeOffset.MinValue).Max();
        var isWatched = _config.FailureAction != UpdateConfig.Types.FailureAction.Continue;
        if (isWatched && _slots.Count > 0 && last + UpdateWatch.Monitor(_config) is var end && end > _work.Now)
        {
            _work.Wake(end);
            return;
        }

        var behind = dirty.Select(s => s.Key).ToHashSet();
        _slots.RemoveWhere(s => !behind.Contains(KeyOf(s)));
        _run.Done = true;
        UpdateStates.Complete(_work);
    }

    // The spec has changed again, but not in what this slot is being updated to: it still counts as down.
    private static bool IsOnItsWay(Workspace work, Slot slot) =>
        slot.SettledAt is null && work.Find(slot.TaskId) is { } task && task.IsWanted() && !work.IsDirty(task);

    private static bool IsUp(SlotView slot) => Array.Exists(slot.Updatable, t => t.IsWanted() && t.Observed() == TaskState.Running);

    private static SlotKey KeyOf(Slot slot) => new(slot.Slot_, slot.NodeId);

    /// <summary>The settings of the update or rollback that is under way, or would be.</summary>
    internal static UpdateConfig ConfigOf(Service service) =>
        (service.UpdateStatus?.State is State.RollbackStarted or State.RollbackPaused ? service.Spec.Rollback : service.Spec.Update) ?? new UpdateConfig { Parallelism = 1 };
}
