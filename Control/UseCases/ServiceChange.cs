using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Control;

/// <summary>What an update makes of a service (API-19 to API-22). Pure.</summary>
internal static class ServiceChange
{
    /// <exception cref="UseCaseException">No update can make the one spec of the other.</exception>
    public static void Check(ServiceSpec old, ServiceSpec next)
    {
        if (old.ModeCase != next.ModeCase)
        {
            throw UseCaseException.Unimplemented("mode: service mode change is not allowed");
        }

        if (old.Annotations.Name != next.Annotations.Name)
        {
            throw UseCaseException.Unimplemented("meta: renaming services is not supported");
        }

#pragma warning disable CS0612 // Old clients still name networks here.
        if (!old.Networks.Equals(next.Networks) && old.Task.Networks.Equals(next.Task.Networks))
#pragma warning restore CS0612
        {
            throw UseCaseException.Unimplemented("networks must be migrated to TaskSpec before being changed");
        }
    }

    /// <summary>The service after the update: with the given spec, or with its previous one.</summary>
    /// <exception cref="UseCaseException">There is no previous one.</exception>
    public static Service Apply(Service stored, ServiceSpec spec, bool isRollback, Timestamp now)
    {
        var next = stored.Clone();
        if (isRollback)
        {
            RollBack(next, now);
        }
        else
        {
            next.PreviousSpec = next.Spec;
            next.PreviousSpecVersion = next.SpecVersion;
            next.Spec = spec;

            // Always larger than any earlier one: the object's version grew when that was written.
            next.SpecVersion = stored.Meta.Version.Clone();
            next.UpdateStatus = null;
        }

        BeginIteration(next, now);
        return next;
    }

    /// <summary>A job whose spec was set runs from its beginning (JOB-2).</summary>
    public static void BeginIteration(Service service, Timestamp now)
    {
        if (Services.IsJob(service.Spec))
        {
            service.JobStatus = new JobStatus
            {
                JobIteration = new ObjectVersion { Index = (service.JobStatus?.JobIteration?.Index ?? 0) + 1 },
                LastExecution = now,
            };
        }
    }

    private static void RollBack(Service service, Timestamp now)
    {
        if (service.PreviousSpec is null)
        {
            throw UseCaseException.Precondition($"service {service.Id} does not have a previous spec");
        }

        (service.Spec, service.PreviousSpec) = (service.PreviousSpec, service.Spec);
        (service.SpecVersion, service.PreviousSpecVersion) = (service.PreviousSpecVersion, service.SpecVersion);
        service.UpdateStatus = new UpdateStatus
        {
            State = UpdateStatus.Types.UpdateState.RollbackStarted,
            Message = "manually requested rollback",
            StartedAt = now,
        };
    }
}
