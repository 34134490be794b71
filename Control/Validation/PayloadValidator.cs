using Google.Protobuf;
using SwarmOrleans.Contracts;
using SwarmOrleans.Contracts.Templates;

namespace SwarmOrleans.Control.Validation;

/// <summary>Checks the specs of secrets and configs (API-26, API-27).</summary>
internal static class PayloadValidator
{
    private const int MaxSecret = 500 * 1024;
    private const int MaxConfig = 1000 * 1024;

    public static void Validate(SecretSpec? spec)
    {
        if (spec is null)
        {
            throw UseCaseException.Invalid("spec: a secret spec must be given");
        }

        Names.ValidateFile(spec.Annotations);
        if (spec.Driver is not null)
        {
            throw spec.Driver.Name.Length == 0
                ? UseCaseException.Invalid("secret driver must have a name")
                : UseCaseException.Unimplemented($"spec.driver: secret driver {spec.Driver.Name}: secret drivers are not served by this version");
        }

        Validate("secret", spec.Data, MaxSecret, spec.Templating);
    }

    public static void Validate(ConfigSpec? spec)
    {
        if (spec is null)
        {
            throw UseCaseException.Invalid("spec: a config spec must be given");
        }

        Names.ValidateFile(spec.Annotations);
        Validate("config", spec.Data, MaxConfig, spec.Templating);
    }

    private static void Validate(string kind, ByteString data, int limit, Driver? templating)
    {
        if (data.Length == 0 || data.Length >= limit)
        {
            throw UseCaseException.Invalid($"spec.data: {kind} data must be larger than 0 and less than {limit} bytes");
        }

        try
        {
            PayloadTemplates.Check(data, templating);
        }
        catch (TemplateException e)
        {
            throw UseCaseException.Invalid($"spec.templating: {e.Message}");
        }
    }
}
