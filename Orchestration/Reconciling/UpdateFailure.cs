using SwarmOrleans.Contracts;
using Action = SwarmOrleans.Contracts.UpdateConfig.Types.FailureAction;
using Slot = SwarmOrleans.Contracts.UpdateRun.Types.Slot;
using State = SwarmOrleans.Contracts.UpdateStatus.Types.UpdateState;

namespace SwarmOrleans.Orchestration;

/// <summary>What a rollout does when too many of its tasks fail: it pauses, or goes back (UPD-12).</summary>
internal static class UpdateFailure
{
    public static void Act(Workspace work, Notes<SlotKey, Slot> slots, UpdateConfig config, Slot failed)
    {
        var isRollback = work.Service.UpdateStatus?.State == State.RollbackStarted;
        var wantsRollback = !isRollback && config.FailureAction == Action.Rollback;
        var cause = failed.Overdue
            ? $"since task {failed.TaskId} did not run within the progress deadline"
            : $"due to failure or early termination of task {failed.TaskId}";
        if (wantsRollback && RollbackTarget.Of(work.Service, work.Progress) is { } target)
        {
            RollBack(work, target, cause);
            return;
        }

        // Whoever resumes it has seen these failures.
        foreach (var slot in slots.All.Where(s => s.Failed))
        {
            slot.Failed = slot.Created = false;
        }

        var status = work.EditService().UpdateStatus;
        status.State = isRollback ? State.RollbackPaused : State.Paused;
        status.Message = $"{(isRollback ? "rollback" : "update")} paused {cause}{(wantsRollback ? "; there is no previous spec to go back to" : "")}";
    }

    private static void RollBack(Workspace work, RollbackTarget target, string cause)
    {
        var service = work.EditService();
        service.Spec = target.Spec;
        service.SpecVersion = target.Version;
        service.PreviousSpec = null;
        service.PreviousSpecVersion = null;
        service.UpdateStatus = new UpdateStatus
        {
            State = State.RollbackStarted,
            StartedAt = work.Timestamp,
            Message = $"update rolled back {cause}",
        };
        work.Progress.Update = null;
    }
}
