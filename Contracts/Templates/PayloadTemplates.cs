using System.Text;
using Google.Protobuf;

namespace SwarmOrleans.Contracts.Templates;

/// <summary>
/// Expands the payloads of a task's secrets and configs (TPL-3). Pure; secrets and configs come from <paramref name="secret"/> and <paramref name="config"/>,
/// which answer null for an id that is not there.
/// </summary>
public sealed class PayloadTemplates(NodeDescription? node, SwarmTask task, Func<string, Secret?> secret, Func<string, Config?> config)
{
    /// <summary>The one kind of templating there is, besides none.</summary>
    public const string Golang = "golang";

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly ContainerSpec _spec = task.Spec.Container;

    /// <summary>Checks what can be told of a payload before any task uses it: the kind of templating and the template's syntax.</summary>
    /// <exception cref="TemplateException">It cannot be expanded, whatever the task.</exception>
    public static void Check(ByteString data, Driver? templating)
    {
        ArgumentNullException.ThrowIfNull(data);
        switch (templating?.Name)
        {
            case null or "":
                return;
            case Golang:
                TextTemplate.Parse(TextOf(data));
                return;
            default:
                throw new TemplateException("unrecognized template type");
        }
    }

    /// <summary>What a secret's file holds.</summary>
    /// <exception cref="TemplateException"><c>failed to expand templated secret ID: …</c></exception>
    public ByteString Expand(Secret item)
    {
        ArgumentNullException.ThrowIfNull(item);
        return Expand("secret", item.Id, item.Spec.Data, item.Spec.Templating).Data;
    }

    /// <summary>What a config's file holds, and whether it holds data of a secret.</summary>
    /// <exception cref="TemplateException"><c>failed to expand templated config ID: …</c></exception>
    public (ByteString Data, bool IsSensitive) Expand(Config item)
    {
        ArgumentNullException.ThrowIfNull(item);
        return Expand("config", item.Id, item.Spec.Data, item.Spec.Templating);
    }

    private (ByteString Data, bool IsSensitive) Expand(string kind, string id, ByteString data, Driver? templating)
    {
        try
        {
            return templating?.Name switch
            {
                null or "" => (data, false),
                Golang => Expand(data),
                _ => throw new TemplateException("unrecognized template type"),
            };
        }
        catch (TemplateException e)
        {
            throw new TemplateException($"failed to expand templated {kind} {id}: {e.Message}");
        }
    }

    private (ByteString Data, bool IsSensitive) Expand(ByteString data)
    {
        var isSensitive = false;
        var functions = TemplateFunctions.Common
            .With("env", Variable)
            .With("config", target => ConfigText(target))
            .With("secret", target =>
            {
                isSensitive = true;
                return SecretText(target);
            });
        var text = TextTemplate.Parse(TextOf(data)).Expand(TaskContext.Create(node, task), functions);
        return (ByteString.CopyFrom(text, Encoding.UTF8), isSensitive);
    }

    private static string TextOf(ByteString data)
    {
        try
        {
            return Strict.GetString(data.Span);
        }
        catch (DecoderFallbackException)
        {
            throw new TemplateException("a template must be text in UTF-8");
        }
    }

    private string Variable(string name)
    {
        var prefix = name + "=";
        return _spec.Env.FirstOrDefault(v => v.StartsWith(prefix, StringComparison.Ordinal))?[prefix.Length..] ?? "";
    }

    private string SecretText(string target)
    {
        var reference = _spec.Secrets.FirstOrDefault(s => s.File?.Name == target) ?? throw new TemplateException($"secret target {target} not found");
        return secret(reference.SecretId)?.Spec.Data.ToStringUtf8() ?? throw new TemplateException($"secret {reference.SecretName} not found");
    }

    private string ConfigText(string target)
    {
        var reference = _spec.Configs.FirstOrDefault(c => c.File?.Name == target) ?? throw new TemplateException($"config target {target} not found");
        return config(reference.ConfigId)?.Spec.Data.ToStringUtf8() ?? throw new TemplateException($"config {reference.ConfigName} not found");
    }
}
