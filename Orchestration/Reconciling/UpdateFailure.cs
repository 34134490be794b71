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
        var obstacle = wantsRollback ? TryRollBack(work, cause) : "";
        if (obstacle is null)
        {
            return;
        }

        // Whoever resumes it has seen these failures.
        foreach (var slot in slots.All.Where(s => s.Failed))
        {
            slot.Failed = slot.Created = false;
        }

        var status = work.EditService().UpdateStatus;
        status.State = isRollback ? State.RollbackPaused : State.Paused;
        status.Message = $"{(isRollback ? "rollback" : "update")} paused {cause}{obstacle}";
    }

    // Null when it goes back, else why not.
    private static string? TryRollBack(Workspace work, string cause)
    {
        if (RollbackTarget.Of(work.Service, work.Progress) is not { } target)
        {
            return "; there is no previous spec to go back to";
        }

        // Another service may have taken a port since the update gave it up.
        var ports = work.AllocatePorts(target.Spec);
        if (ports.Refusal is not null)
        {
            return $"; the previous spec cannot be put back: {ports.Refusal}";
        }

        RollBack(work, target, ports.Ports, cause);
        return null;
    }

    private static void RollBack(Workspace work, RollbackTarget target, IReadOnlyList<PortConfig> ports, string cause)
    {
        var service = work.EditService();
        service.Endpoint = ServicePorts.EndpointWith(service.Endpoint, target.Spec.Endpoint, ports);
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
