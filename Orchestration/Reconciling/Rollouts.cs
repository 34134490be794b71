using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;
using State = SwarmOrleans.Contracts.UpdateStatus.Types.UpdateState;

namespace SwarmOrleans.Orchestration;

/// <summary>What an operator does with a rollout. Each answers the changed service, or null when there is nothing to do it to.</summary>
public static class Rollouts
{
    /// <summary>No further slot is begun until <see cref="Resume"/>; null unless an update or rollback is under way.</summary>
    public static Service? Pause(Service service)
    {
        ArgumentNullException.ThrowIfNull(service);
        return service.UpdateStatus?.State switch
        {
            State.Updating => With(service, State.Paused, "update paused by an operator"),
            State.RollbackStarted => With(service, State.RollbackPaused, "rollback paused by an operator"),
            _ => null,
        };
    }

    /// <summary>Goes on where it was paused, by an operator or by failures, which are then forgiven; null unless it is paused.</summary>
    public static Service? Resume(Service service)
    {
        ArgumentNullException.ThrowIfNull(service);
        return service.UpdateStatus?.State switch
        {
            State.Paused => With(service, State.Updating, UpdateStates.InProgress),
            State.RollbackPaused => With(service, State.RollbackStarted, "rollback resumed by an operator"),
            _ => null,
        };
    }

    /// <summary>Goes back to a revision, at today's scale; null when it is not kept any more or is the present one.</summary>
    /// <param name="service">The service.</param>
    /// <param name="progress">Its progress, which holds the revisions.</param>
    /// <param name="number">Number of the revision.</param>
    /// <param name="now">The time of the request.</param>
    public static Service? RollBackTo(Service service, ServiceProgress? progress, ulong number, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(service);
        if (progress?.Revisions.FirstOrDefault(r => r.Number == number) is not { } revision
            || revision.SpecVersion.Index == (service.SpecVersion?.Index ?? 0))
        {
            return null;
        }

        var next = service.Clone();
        (next.PreviousSpec, next.PreviousSpecVersion) = (service.Spec, service.SpecVersion);
        (next.Spec, next.SpecVersion) = (RollbackTarget.AtScaleOf(service.Spec, revision.Spec), revision.SpecVersion);
        next.UpdateStatus = new UpdateStatus
        {
            State = State.RollbackStarted,
            Message = $"manually requested rollback to revision {number}",
            StartedAt = Timestamp.FromDateTimeOffset(now),
        };
        return next;
    }

    private static Service With(Service service, State state, string message)
    {
        var next = service.Clone();
        next.UpdateStatus.State = state;
        next.UpdateStatus.Message = message;
        return next;
    }
}
