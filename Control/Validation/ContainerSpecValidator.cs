using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;
using SwarmOrleans.Contracts.Templates;

namespace SwarmOrleans.Control.Validation;

/// <summary>Checks a container spec as its tasks will get it: with its templates expanded for a task that is not there yet (API-10).</summary>
internal static class ContainerSpecValidator
{
    private static readonly TimeSpan MinHealthSpan = TimeSpan.FromMilliseconds(1);

    private static readonly NodeDescription SomeNode = new()
    {
        Hostname = "nodeHostname",
        Platform = new Platform { Os = "os", Architecture = "architecture" },
    };

    public static void Validate(TaskSpec task, Annotations? service)
    {
        var container = Expand(task, service);
        if (container.Image.Length == 0)
        {
            throw UseCaseException.Invalid("ContainerSpec: image reference must be provided");
        }

        if (!ImageReference.IsValid(container.Image))
        {
            throw UseCaseException.Invalid($"ContainerSpec: \"{container.Image}\" is not a valid repository/tag");
        }

        ValidateMounts(container.Mounts);
        ValidateHealth(container.Healthcheck);
        ServiceSpecValidator.NotNegative(container.StopGracePeriod, "ContainerSpec: stop-grace-period");
        if (container.PidsLimit < 0)
        {
            throw UseCaseException.Invalid("ContainerSpec: pids limit cannot be negative");
        }
    }

    private static ContainerSpec Expand(TaskSpec task, Annotations? service)
    {
        try
        {
            return ContainerTemplates.Expand(SomeNode, new SwarmTask
            {
                Id = "taskid",
                ServiceId = "serviceid",
                NodeId = "nodeid",
                Slot = 1,
                ServiceAnnotations = service,
                Spec = task,
            });
        }
        catch (TemplateException e)
        {
            throw UseCaseException.Invalid($"ContainerSpec: {e.Message}");
        }
    }

    private static void ValidateMounts(IEnumerable<Mount> mounts)
    {
        var targets = new HashSet<string>();
        foreach (var mount in mounts)
        {
            if (mount.Target.Length == 0)
            {
                throw UseCaseException.Invalid("ContainerSpec: a mount must have a target");
            }

            if (!targets.Add(mount.Target))
            {
                throw UseCaseException.Invalid($"ContainerSpec: duplicate mount point: {mount.Target}");
            }
        }
    }

    private static void ValidateHealth(HealthConfig? health)
    {
        if (health is null)
        {
            return;
        }

        NotShort(health.Interval, "Interval");
        NotShort(health.Timeout, "Timeout");
        NotShort(health.StartPeriod, "StartPeriod");
        NotShort(health.StartInterval, "StartInterval");
        if (health.Retries < 0)
        {
            throw UseCaseException.Invalid("ContainerSpec: Retries in HealthConfig cannot be negative");
        }
    }

    private static void NotShort(Duration? duration, string field)
    {
        if (duration?.ToTimeSpan() is { } span && span != TimeSpan.Zero && span < MinHealthSpan)
        {
            throw UseCaseException.Invalid($"ContainerSpec: {field} in HealthConfig cannot be less than 1ms");
        }
    }
}
