using System.Globalization;
using SwarmOrleans.Contracts;
using SwarmOrleans.Contracts.Constraints;

namespace SwarmOrleans.Control.Validation;

/// <summary>Checks what a service's tasks are made from: runtime, resources, restart policy, placement (API-5 to API-10).</summary>
internal static class TaskSpecValidator
{
    private const long MinNanoCpus = 1_000_000;
    private const long MinMemory = 4L << 20;
    private const int MinKindLength = 3;

    public static void Validate(TaskSpec? task, Annotations? service)
    {
        ValidateResources(task?.Resources);
        ServiceSpecValidator.NotNegative(task?.Restart?.Delay, "TaskSpec: restart-delay");
        ServiceSpecValidator.NotNegative(task?.Restart?.Window, "TaskSpec: restart-window");
        ValidatePlacement(task?.Placement);
        switch (task?.RuntimeCase)
        {
            case TaskSpec.RuntimeOneofCase.Container:
                FileReferences.Validate(task.Container);
                ContainerSpecValidator.Validate(task, service);
                break;
            case TaskSpec.RuntimeOneofCase.Generic:
                ValidateGeneric(task.Generic);
                break;
            case TaskSpec.RuntimeOneofCase.Attachment:
                throw UseCaseException.Unimplemented("RuntimeSpec: unimplemented runtime in service spec");
            default:
                throw UseCaseException.Invalid("TaskSpec: missing runtime");
        }
    }

    private static void ValidateGeneric(GenericRuntimeSpec generic)
    {
        if (generic.Kind.Length < MinKindLength)
        {
            throw UseCaseException.Invalid($"Generic runtime: Invalid name \"{generic.Kind}\"");
        }

        if (generic.Kind is "container" or "attachment")
        {
            throw UseCaseException.Invalid($"Generic runtime: {generic.Kind} is a reserved name");
        }

        if (generic.Payload is not { TypeUrl.Length: > 0, Value.Length: > 0 })
        {
            throw UseCaseException.Invalid("Generic runtime is missing payload");
        }
    }

    private static void ValidateResources(ResourceRequirements? resources)
    {
        ValidateResources(resources?.Limits, "limit");
        ValidateResources(resources?.Reservations, "reservation");
        if (resources?.Limits is { MemoryBytes: > 0 } limits && resources.Reservations?.MemoryBytes > limits.MemoryBytes)
        {
            throw UseCaseException.Invalid(
                $"reservation: invalid memory value {resources.Reservations.MemoryBytes}: Must not be more than the limit of {limits.MemoryBytes}");
        }

        foreach (var resource in resources?.Reservations?.Generic ?? [])
        {
            if (resource.DiscreteResourceSpec is not { Kind.Length: > 0, Value: > 0 })
            {
                throw UseCaseException.Invalid("reservation: generic resources must have a kind and a whole number above 0");
            }
        }
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

        foreach (var preference in placement?.Preferences ?? [])
        {
            if (preference.Spread is not { SpreadDescriptor.Length: > 0 })
            {
                throw UseCaseException.Invalid("placement: a preference must say over what to spread, such as node.labels.datacenter");
            }
        }
    }
}
