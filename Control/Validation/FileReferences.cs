using SwarmOrleans.Contracts;

namespace SwarmOrleans.Control.Validation;

/// <summary>Checks how a container spec refers to secrets and configs (API-8, API-9).</summary>
internal static class FileReferences
{
    public static void Validate(ContainerSpec container)
    {
        var targets = new Dictionary<string, string>();
        foreach (var reference in container.Secrets)
        {
            var (id, name, target) = (reference.SecretId, reference.SecretName, reference.TargetCase != SecretReference.TargetOneofCase.None);
            Validate("secret", id, name, target, reference.File?.Name, targets);
        }

        targets.Clear();
        foreach (var reference in container.Configs)
        {
            var (id, name, target) = (reference.ConfigId, reference.ConfigName, reference.TargetCase != ConfigReference.TargetOneofCase.None);
            Validate("config", id, name, target, reference.Runtime is null ? reference.File?.Name : null, targets);
        }

        ValidateCredentials(container);
    }

    // The file is null for a target that is no file.
    private static void Validate(string kind, string id, string name, bool hasTarget, string? file, Dictionary<string, string> targets)
    {
        if (id.Length == 0 || name.Length == 0)
        {
            throw UseCaseException.Invalid($"malformed {kind} reference");
        }

        if (!hasTarget)
        {
            throw UseCaseException.Invalid($"malformed {kind} reference, no target provided");
        }

        if (file is null)
        {
            return;
        }

        if (string.IsNullOrWhiteSpace(file))
        {
            throw UseCaseException.Invalid($"malformed file {kind} reference, invalid target file name provided");
        }

        if (!targets.TryAdd(file, name))
        {
            throw UseCaseException.Invalid($"{kind} references '{targets[file]}' and '{name}' have a conflicting target: '{file}'");
        }
    }

    private static void ValidateCredentials(ContainerSpec container)
    {
        if (container.Privileges?.CredentialSpec is { SourceCase: Privileges.Types.CredentialSpec.SourceOneofCase.Config } credentials
            && !container.Configs.Any(c => c.ConfigId == credentials.Config && c.Runtime is not null))
        {
            throw UseCaseException.Invalid(
                $"CredentialSpec references config '{credentials.Config}', but that config isn't in config references with RuntimeTarget");
        }
    }
}
