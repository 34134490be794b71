using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>Notes the specs that a service has had, and lets a rollout go on when a new spec changes nothing that it is about.</summary>
internal static class RevisionStep
{
    private const uint DefaultLimit = 10;

    public static void Run(Workspace work)
    {
        var service = work.Service;
        var revisions = work.Progress.Revisions;
        if (service.SpecVersion is null || (revisions.Count > 0 && revisions[^1].SpecVersion.Index == work.SpecVersion))
        {
            return;
        }

        if (revisions.Count > 0 && work.Progress.Update is { } run && run.SpecVersion == revisions[^1].SpecVersion.Index && IsSameRollout(revisions[^1].Spec, service.Spec))
        {
            run.SpecVersion = work.SpecVersion;
        }

        // Two updates may have come between two looks.
        if (service.PreviousSpec is not null && (service.PreviousSpecVersion?.Index ?? 0) is var previous
            && previous < work.SpecVersion && (revisions.Count == 0 || previous > revisions[^1].SpecVersion.Index))
        {
            Note(work, service.PreviousSpec, previous);
        }

        Note(work, service.Spec, work.SpecVersion);
        var limit = work.Cluster?.Spec?.Orchestration?.RevisionHistoryLimit is { } set and > 0 ? set : DefaultLimit;
        while (revisions.Count > limit)
        {
            revisions.RemoveAt(0);
        }
    }

    /// <summary>The specs differ, if at all, in what no rollout is about: scale, labels.</summary>
    public static bool IsSameRollout(ServiceSpec a, ServiceSpec b) =>
        NormalSpec.Equal(a.Task, b.Task) && NormalSpec.Equal(a.Endpoint, b.Endpoint) && Equals(a.Update, b.Update) && Equals(a.Rollback, b.Rollback);

    private static void Note(Workspace work, ServiceSpec spec, ulong version)
    {
        var revisions = work.Progress.Revisions;
        var number = (revisions.Count > 0 ? revisions[^1].Number : 0) + 1;
        if (revisions.Count > 0 && IsSameButScale(revisions[^1].Spec, spec))
        {
            number = revisions[^1].Number;
            revisions.RemoveAt(revisions.Count - 1);
        }

        // A spec that the service returns to is its last one again.
        if (revisions.FirstOrDefault(r => r.SpecVersion.Index == version) is { } earlier)
        {
            revisions.Remove(earlier);
        }

        revisions.Add(new Revision
        {
            Number = number,
            Spec = spec,
            SpecVersion = new ObjectVersion { Index = version },
            Since = work.Timestamp,
        });
    }

    private static bool IsSameButScale(ServiceSpec a, ServiceSpec b) => a.Equals(b) || RollbackTarget.AtScaleOf(b, a).Equals(b);
}
