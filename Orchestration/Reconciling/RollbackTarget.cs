using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>The spec that a failed update goes back to, and the version it had.</summary>
internal sealed record RollbackTarget(ServiceSpec Spec, ObjectVersion? Version)
{
    /// <summary>
    /// The previous spec; but when that differs in scale or labels alone, as after a scale during the update, the last revision that does not, at today's
    /// scale. Null when there is neither.
    /// </summary>
    public static RollbackTarget? Of(Service service, ServiceProgress progress)
    {
        if (service.PreviousSpec is { } previous && !RevisionStep.IsSameRollout(previous, service.Spec))
        {
            return new RollbackTarget(previous, service.PreviousSpecVersion);
        }

        return progress.Revisions.LastOrDefault(r => !RevisionStep.IsSameRollout(r.Spec, service.Spec)) is { } revision
            ? new RollbackTarget(AtScaleOf(service.Spec, revision.Spec), revision.SpecVersion)
            : null;
    }

    /// <summary>An earlier spec with the number of tasks that is wanted now.</summary>
    public static ServiceSpec AtScaleOf(ServiceSpec now, ServiceSpec earlier)
    {
        var spec = earlier.Clone();
        switch (spec.ModeCase)
        {
            case ServiceSpec.ModeOneofCase.Replicated when now.Replicated is not null:
                spec.Replicated = now.Replicated;
                break;
            case ServiceSpec.ModeOneofCase.ReplicatedJob when now.ReplicatedJob is not null:
                spec.ReplicatedJob = now.ReplicatedJob;
                break;
        }

        return spec;
    }
}
