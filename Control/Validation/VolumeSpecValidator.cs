using SwarmOrleans.Contracts;

namespace SwarmOrleans.Control.Validation;

/// <summary>Checks a cluster volume's spec (API-31).</summary>
internal static class VolumeSpecValidator
{
    public static void Validate(VolumeSpec? spec)
    {
        if (spec is null)
        {
            throw UseCaseException.Invalid("spec: a volume spec must be given");
        }

        if (spec.Driver is not { Name.Length: > 0 })
        {
            throw UseCaseException.Invalid("driver must be specified");
        }

        if (spec.Annotations is not { Name.Length: > 0 })
        {
            throw UseCaseException.Invalid("meta: name must be provided");
        }

        if (spec.AccessMode is null)
        {
            throw UseCaseException.Invalid("AccessMode must not be nil");
        }

        if (spec.AccessMode.AccessTypeCase == VolumeAccessMode.AccessTypeOneofCase.None)
        {
            throw UseCaseException.Invalid("Volume AccessMode must specify either Mount or Block access type");
        }
    }

    /// <summary>Only labels and availability may change.</summary>
    public static void ValidateChange(VolumeSpec old, VolumeSpec next)
    {
        Same("Name", old.Annotations?.Name, next.Annotations?.Name);
        Same("Group", old.Group, next.Group);
        Same("AccessibilityRequirements", old.AccessibilityRequirements, next.AccessibilityRequirements);
        Same("Driver", old.Driver, next.Driver);
        Same("AccessMode", old.AccessMode, next.AccessMode);
        Same("Secrets", old.Secrets, next.Secrets);
        Same("CapacityRange", old.CapacityRange, next.CapacityRange);
    }

    private static void Same(string field, object? old, object? next)
    {
        if (!Equals(old, next))
        {
            throw UseCaseException.Invalid($"{field} cannot be updated");
        }
    }
}
