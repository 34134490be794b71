using System.Globalization;
using System.Text.RegularExpressions;
using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;
using SwarmOrleans.Contracts.Constraints;

namespace SwarmOrleans.Control.Validation;

/// <summary>Checks a service's spec before it is stored (section 22.2); the first broken rule is named.</summary>
public static partial class ServiceSpecValidator
{
    private const int MaxNameLength = 63;
    private const long MinNanoCpus = 1_000_000;
    private const long MinMemory = 4L << 20;

    /// <summary>Checks everything that can be told from the spec alone.</summary>
    /// <exception cref="UseCaseException">A field breaks a rule.</exception>
    public static void Validate(ServiceSpec? spec)
    {
        if (spec is null)
        {
            throw UseCaseException.Invalid("spec: a service spec must be given");
        }

        ValidateName(spec.Annotations?.Name ?? "");
        ValidateTask(spec.Task);
        ValidateMode(spec);
        ValidateUpdate(spec.Update, "update");
        ValidateUpdate(spec.Rollback, "rollback");
        ValidateEndpoint(spec.Endpoint);
        ValidateNetworks(spec);
    }

    private static void ValidateName(string name)
    {
        if (name.Length == 0)
        {
            throw UseCaseException.Invalid("meta: name must be provided");
        }

        if (name.Length > MaxNameLength)
        {
            throw UseCaseException.Invalid($"meta: name must be {MaxNameLength} characters or fewer");
        }

        if (!NamePattern().IsMatch(name))
        {
            throw UseCaseException.Invalid($"meta: name {name} must be valid as a DNS name component");
        }
    }

    private static void ValidateTask(TaskSpec? task)
    {
        if (task?.Container is not { } container)
        {
            throw task?.RuntimeCase is null or TaskSpec.RuntimeOneofCase.None
                ? UseCaseException.Invalid("TaskSpec: missing runtime")
                : new UseCaseException(UseCaseError.Unimplemented, "RuntimeSpec: unimplemented runtime in service spec");
        }

        ValidateResources(task.Resources?.Limits, "limit");
        ValidateResources(task.Resources?.Reservations, "reservation");
        NotNegative(task.Restart?.Delay, "TaskSpec: restart-delay");
        NotNegative(task.Restart?.Window, "TaskSpec: restart-window");
        ValidatePlacement(task.Placement);
        ValidateContainer(container);
    }

    private static void ValidateResources(Resources? resources, string which)
    {
        if (resources is null)
        {
            return;
        }

        if (resources.NanoCpus != 0 && resources.NanoCpus < MinNanoCpus)
        {
            throw UseCaseException.Invalid(string.Format(
                CultureInfo.InvariantCulture, "{0}: invalid cpu value {1}: Must be at least {2}", which, resources.NanoCpus / 1e9, MinNanoCpus / 1e9));
        }

        if (resources.MemoryBytes != 0 && resources.MemoryBytes < MinMemory)
        {
            throw UseCaseException.Invalid($"{which}: invalid memory value {resources.MemoryBytes}: Must be at least 4MiB");
        }
    }

    private static void ValidatePlacement(Placement? placement)
    {
        foreach (var expression in placement?.Constraints ?? [])
        {
            try
            {
                var constraint = PlacementConstraint.Parse(expression);
                if (!constraint.HasKnownKey)
                {
                    throw UseCaseException.Invalid(
                        $"placement: constraint '{expression}': key '{constraint.Key}' is unknown; use node.id, node.hostname, node.ip, node.role, node.platform.os, node.platform.arch, node.labels.* or engine.labels.*");
                }
            }
            catch (FormatException e)
            {
                throw UseCaseException.Invalid($"placement: constraint '{expression}': {e.Message}");
            }
        }
    }

    private static void ValidateContainer(ContainerSpec container)
    {
        if (container.Image.Length == 0)
        {
            throw UseCaseException.Invalid("ContainerSpec: image reference must be provided");
        }

        if (!ImageReference.IsValid(container.Image))
        {
            throw UseCaseException.Invalid($"ContainerSpec: \"{container.Image}\" is not a valid repository/tag");
        }

        var targets = new HashSet<string>();
        foreach (var mount in container.Mounts)
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

        NotNegative(container.StopGracePeriod, "ContainerSpec: stop-grace-period");
        if (container.PidsLimit < 0)
        {
            throw UseCaseException.Invalid("ContainerSpec: pids limit cannot be negative");
        }
    }

    private static void ValidateMode(ServiceSpec spec)
    {
        switch (spec.ModeCase)
        {
            case ServiceSpec.ModeOneofCase.Replicated when spec.Replicated.Replicas > long.MaxValue:
                throw UseCaseException.Invalid("mode: Number of replicas must be non-negative");
            case ServiceSpec.ModeOneofCase.Replicated:
                return;
            case ServiceSpec.ModeOneofCase.None:
                throw UseCaseException.Invalid("mode: Unrecognized service mode");
            default:
                throw new UseCaseException(UseCaseError.Unimplemented, $"mode: {spec.ModeCase} services are not served by this version, only replicated ones");
        }
    }

    private static void ValidateUpdate(UpdateConfig? update, string which)
    {
        NotNegative(update?.Delay, $"{which}: delay");
        NotNegative(update?.Monitor, $"{which}: monitor");
        if (update is not null && update.MaxFailureRatio is < 0 or > 1 or float.NaN)
        {
            throw UseCaseException.Invalid($"{which}: max failure ratio must be between 0 and 1");
        }
    }

    private static void ValidateEndpoint(EndpointSpec? endpoint)
    {
        if (endpoint is { Ports.Count: > 0 })
        {
            throw new UseCaseException(UseCaseError.Unimplemented, "endpoint: published ports are not served by this version");
        }
    }

    private static void ValidateNetworks(ServiceSpec spec)
    {
#pragma warning disable CS0612 // Old clients still name networks here.
        if (spec.Task.Networks.Count > 0 || spec.Networks.Count > 0)
#pragma warning restore CS0612
        {
            throw new UseCaseException(UseCaseError.Unimplemented, "networks: networks are not served by this version");
        }

        if (spec.Task.Container.Secrets.Count > 0 || spec.Task.Container.Configs.Count > 0)
        {
            throw new UseCaseException(UseCaseError.Unimplemented, "ContainerSpec: secrets and configs are not served by this version");
        }
    }

    private static void NotNegative(Duration? duration, string field)
    {
        if (duration is { } value && (value.Seconds < 0 || value.Nanos < 0))
        {
            throw UseCaseException.Invalid($"{field} cannot be negative");
        }
    }

    [GeneratedRegex(@"^[a-zA-Z0-9](?:[-_]*[A-Za-z0-9]+)*\z")]
    private static partial Regex NamePattern();
}
