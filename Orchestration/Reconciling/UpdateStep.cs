using SwarmOrleans.Contracts;
using Run = SwarmOrleans.Contracts.UpdateRun;
using State = SwarmOrleans.Contracts.UpdateStatus.Types.UpdateState;

namespace SwarmOrleans.Orchestration;

/// <summary>
/// Rolls a changed spec out over the slots (UPD-1 to UPD-17). What it knows of a run is stored, so that failures and delays survive the manager.
/// </summary>
internal static class UpdateStep
{
    private static readonly TimeSpan DefaultMonitor = TimeSpan.FromSeconds(5);

    public static void Run(Workspace work, List<SlotView> slots)
    {
        var status = work.Service.UpdateStatus?.State;
        if (status is State.Paused or State.RollbackPaused)
        {
            work.Progress.Update = null;
            return;
        }

        var dirty = slots.Where(s => IsDirty(work, s)).ToList();
        var run = work.Progress.Update;
        if (run is null || run.SpecVersion != VersionOf(work.Service))
        {
            if (dirty.Count == 0)
            {
                work.Progress.Update = null;
                Complete(work);
                return;
            }

            var underWay = run?.Slots.Where(s => IsOnItsWay(work, s)).ToList() ?? [];
            work.Progress.Update = run = new Run { SpecVersion = VersionOf(work.Service), Total = (ulong)(dirty.Count + underWay.Count) };
            run.Slots.AddRange(underWay);
            Begin(work);
        }

        var config = ConfigOf(work.Service);
        Observe(work, run, config);
        if (FailureToActOn(run, config) is { } failed)
        {
            Act(work, config, failed);
            return;
        }

        Advance(work, run, config, dirty);
        FinishIfDone(work, run, config, slots);
    }

    private static void Advance(Workspace work, Run run, UpdateConfig config, List<SlotView> dirty)
    {
        var delay = config.Delay.Or(TimeSpan.Zero);
        var busy = 0;
        var underWay = new HashSet<ulong>();
        foreach (var slot in run.Slots)
        {
            if (slot.SettledAt is null)
            {
                busy++;
                underWay.Add(slot.Slot_);
            }
            else if (slot.SettledAt.ToDateTimeOffset() + delay > work.Now)
            {
                busy++;
                work.Wake(slot.SettledAt.ToDateTimeOffset() + delay);
            }
        }

        // Slots that are down come first: an update that takes the place of another would else have two updates' worth of slots down.
        foreach (var slot in dirty.Where(s => !underWay.Contains(s.Slot)).OrderBy(IsUp))
        {
            if (config.Parallelism != 0 && (ulong)busy >= config.Parallelism)
            {
                break;
            }

            UpdateSlot(work, run, config, slot);
            busy++;
        }
    }

    private static void UpdateSlot(Workspace work, Run run, UpdateConfig config, SlotView slot)
    {
        var others = slot.Updatable.ToList();
        var clean = others.Where(t => t.IsWanted() && !DirtyCheck.IsDirty(work.Service, t, work.NodeOf(t))).MaxBy(t => t.DesiredState);
        var startFirst = config.Order == UpdateConfig.Types.UpdateOrder.StartFirst;
        var next = clean ?? work.Create(slot.Slot, startFirst ? TaskState.Running : TaskState.Ready);
        others.RemoveAll(t => t.Id == next.Id);
        if (clean is not null || !startFirst)
        {
            ShutDown(work, others);
        }

        if (next.DesiredState == TaskState.Ready && work.Progress.Starts.All(s => s.TaskId != next.Id))
        {
            work.Progress.Starts.Add(new DelayedStart
            {
                TaskId = next.Id,
                NotBefore = work.Timestamp,
                GiveUpAt = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(work.Now + RestartStep.StopPatience),
            });
        }

        if (run.Slots.FirstOrDefault(s => s.Slot_ == slot.Slot) is { } earlier)
        {
            run.Slots.Remove(earlier);
        }

        run.Slots.Add(new Run.Types.Slot { Slot_ = slot.Slot, TaskId = next.Id, Created = clean is null });
    }

    private static void Observe(Workspace work, Run run, UpdateConfig config)
    {
        var monitor = config.Monitor.Or(DefaultMonitor);
        foreach (var slot in run.Slots)
        {
            var task = work.Find(slot.TaskId);
            if (slot.SettledAt is null)
            {
                if (task is null || task.HasEnded() || !task.IsWanted())
                {
                    slot.SettledAt = work.Timestamp;
                    slot.Failed = slot.Created && task?.HasEnded() != false;
                }
                else if (task.Observed() == TaskState.Running)
                {
                    slot.SettledAt = work.Timestamp;
                    ShutDown(work, work.InSlot(slot.Slot_).Where(t => t.Id != task.Id && t.IsWanted()));
                }
            }
            else if (slot.Created && !slot.Failed && task is not null && task.HasEnded() && task.StateTime() - slot.SettledAt.ToDateTimeOffset() <= monitor)
            {
                slot.Failed = true;
            }
        }
    }

    private static string? FailureToActOn(Run run, UpdateConfig config)
    {
        if (config.FailureAction == UpdateConfig.Types.FailureAction.Continue)
        {
            return null;
        }

        var failed = run.Slots.Where(s => s.Failed).ToList();
        return failed.Count / (float)run.Total > config.MaxFailureRatio ? failed[^1].TaskId : null;
    }

    private static void Act(Workspace work, UpdateConfig config, string taskId)
    {
        var isRollback = work.Service.UpdateStatus?.State == State.RollbackStarted;
        var cause = $"due to failure or early termination of task {taskId}";
        var service = work.EditService();
        work.Progress.Update = null;
        if (!isRollback && config.FailureAction == UpdateConfig.Types.FailureAction.Rollback && service.PreviousSpec is not null)
        {
            service.Spec = service.PreviousSpec;
            service.SpecVersion = service.PreviousSpecVersion;
            service.PreviousSpec = null;
            service.PreviousSpecVersion = null;
            service.UpdateStatus = new UpdateStatus
            {
                State = State.RollbackStarted,
                StartedAt = work.Timestamp,
                Message = $"update rolled back {cause}",
            };
            work.Wake(work.Now);
            return;
        }

        service.UpdateStatus.State = isRollback ? State.RollbackPaused : State.Paused;
        service.UpdateStatus.Message = $"{(isRollback ? "rollback" : "update")} paused {cause}";
    }

    private static void FinishIfDone(Workspace work, Run run, UpdateConfig config, List<SlotView> slots)
    {
        var present = slots.Select(s => s.Slot).ToHashSet();
        var left = run.Slots.Where(s => present.Contains(s.Slot_)).ToList();
        if (left.Exists(s => s.SettledAt is null) || slots.Exists(s => IsDirty(work, s) && run.Slots.All(r => r.Slot_ != s.Slot || r.SettledAt is not null)))
        {
            return;
        }

        var last = left.Select(s => s.SettledAt.ToDateTimeOffset()).DefaultIfEmpty(work.Now).Max();
        var (delay, monitor) = (config.Delay.Or(TimeSpan.Zero), config.Monitor.Or(DefaultMonitor));
        var watch = config.FailureAction == UpdateConfig.Types.FailureAction.Continue
            ? delay
            : delay >= monitor ? delay + TimeSpan.FromSeconds(1) : monitor;
        if (last + watch > work.Now)
        {
            work.Wake(last + watch);
            return;
        }

        work.Progress.Update = null;
        Complete(work);
    }

    // The spec has changed again, but not in what this slot is being updated to: it still counts as down.
    private static bool IsOnItsWay(Workspace work, Run.Types.Slot slot) =>
        slot.SettledAt is null && work.Find(slot.TaskId) is { } task && task.IsWanted() && !DirtyCheck.IsDirty(work.Service, task, work.NodeOf(task));

    private static bool IsUp(SlotView slot) => slot.Updatable.Exists(t => t.IsWanted() && t.Observed() == TaskState.Running);

    private static void Begin(Workspace work)
    {
        if (work.Service.UpdateStatus is null)
        {
            work.EditService().UpdateStatus = new UpdateStatus { State = State.Updating, StartedAt = work.Timestamp, Message = "update in progress" };
        }
    }

    private static void Complete(Workspace work)
    {
        if (work.Service.UpdateStatus?.State is not (State.Updating or State.RollbackStarted))
        {
            return;
        }

        var status = work.EditService().UpdateStatus;
        var isRollback = status.State == State.RollbackStarted;
        status.State = isRollback ? State.RollbackCompleted : State.Completed;
        status.Message = isRollback ? "rollback completed" : "update completed";
        status.CompletedAt = work.Timestamp;
    }

    private static UpdateConfig ConfigOf(Service service) =>
        (service.UpdateStatus?.State == State.RollbackStarted ? service.Spec.Rollback : service.Spec.Update) ?? new UpdateConfig { Parallelism = 1 };

    private static bool IsDirty(Workspace work, SlotView slot) =>
        slot.Updatable.Count > 1 || DirtyCheck.IsDirty(work.Service, slot.Updatable[0], work.NodeOf(slot.Updatable[0]));

    private static void ShutDown(Workspace work, IEnumerable<SwarmTask> tasks)
    {
        foreach (var task in tasks)
        {
            if (task.DesiredState < TaskState.Shutdown)
            {
                work.SetDesired(task, TaskState.Shutdown);
            }
        }
    }

    private static ulong VersionOf(Service service) => service.SpecVersion?.Index ?? 0;
}
