using System.Text.RegularExpressions;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Control.Validation;

/// <summary>Which names objects may have.</summary>
internal static partial class Names
{
    private const int MaxNameLength = 63;
    private const int MaxFileNameLength = 64;

    /// <summary>Names of services and networks (API-2).</summary>
    public static void Validate(Annotations? annotations)
    {
        var name = annotations?.Name ?? "";
        if (name.Length == 0)
        {
            throw UseCaseException.Invalid("meta: name must be provided");
        }

        if (!DnsLabel().IsMatch(name))
        {
            throw UseCaseException.Invalid($"meta: name {name} must be valid as a DNS name component");
        }

        if (name.Length > MaxNameLength)
        {
            throw UseCaseException.Invalid($"meta: name must be {MaxNameLength} characters or fewer");
        }
    }

    /// <summary>Names of secrets and configs (API-3).</summary>
    public static void ValidateFile(Annotations? annotations)
    {
        var name = annotations?.Name ?? "";
        if (name.Length is 0 or > MaxFileNameLength || !FileName().IsMatch(name))
        {
            throw UseCaseException.Invalid(
                $"spec.annotations.name: invalid name, only {MaxFileNameLength} [a-zA-Z0-9-_.] characters allowed, and the start and end character must be [a-zA-Z0-9]");
        }
    }

    [GeneratedRegex(@"^[a-zA-Z0-9](?:[a-zA-Z0-9_-]*[a-zA-Z0-9])?\z")]
    private static partial Regex DnsLabel();

    [GeneratedRegex(@"^[a-zA-Z0-9](?:[a-zA-Z0-9-_.]*[a-zA-Z0-9])?\z")]
    private static partial Regex FileName();
}
