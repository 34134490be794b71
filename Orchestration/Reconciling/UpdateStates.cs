using SwarmOrleans.Contracts;
using State = SwarmOrleans.Contracts.UpdateStatus.Types.UpdateState;

namespace SwarmOrleans.Orchestration;

/// <summary>The update status that users see (UPD-4, UPD-14, UPD-16).</summary>
internal static class UpdateStates
{
    public const string InProgress = "update in progress";

    public static void Begin(Workspace work, UpdateRun run)
    {
        if (work.Service.UpdateStatus is null)
        {
            work.EditService().UpdateStatus = new UpdateStatus { State = State.Updating, StartedAt = run.StartedAt ?? work.Timestamp, Message = InProgress };
        }
    }

    public static void Complete(Workspace work)
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
}
