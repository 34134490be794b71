using System.CommandLine;
using SwarmOrleans.Contracts;
using ControlRpc = SwarmOrleans.Contracts.Control;

namespace SwarmOrleans.Cli.Commands;

/// <summary>Flags that name networks, secrets and configs: they are looked up, since a spec refers to them by id.</summary>
internal sealed class ReferenceFlags
{
    // As SwarmKit's client has it: readable by whoever the task runs as.
    private const uint Mode = 0x124;

    private readonly Option<string[]> _networks = new("--network") { Description = "network to attach tasks to" };
    private readonly Option<string[]> _secrets;
    private readonly Option<string[]> _configs;
    private readonly Option<string[]>? _removedSecrets;
    private readonly Option<string[]>? _removedConfigs;

    private ReferenceFlags(string secrets, string configs, bool canRemove)
    {
        _secrets = new Option<string[]>(secrets) { Description = "secret for the tasks, NAME[:FILE]" };
        _configs = new Option<string[]>(configs) { Description = "config for the tasks, NAME[:FILE]" };
        if (canRemove)
        {
            _removedSecrets = new Option<string[]>("--rm-secret") { Description = "secret that the tasks shall not have any more" };
            _removedConfigs = new Option<string[]>("--rm-config") { Description = "config that the tasks shall not have any more" };
        }
    }

    public static ReferenceFlags ForCreate() => new("--secret", "--config", canRemove: false);

    public static ReferenceFlags ForUpdate() => new("--add-secret", "--add-config", canRemove: true);

    public void AddTo(Command command)
    {
        foreach (var option in new[] { _networks, _secrets, _configs, _removedSecrets, _removedConfigs }.OfType<Option>())
        {
            command.Add(option);
        }
    }

    public async Task ApplyAsync(ControlRpc.ControlClient client, ParseResult result, ServiceSpec spec, CancellationToken cancellationToken)
    {
        if (result.GetResult(_networks) is { Implicit: false })
        {
            spec.Task.Networks.Clear();
            foreach (var name in result.GetValue(_networks) ?? [])
            {
                spec.Task.Networks.Add(new NetworkAttachmentConfig { Target = (await Lookup.NetworkAsync(client, name, cancellationToken)).Id });
            }
        }

        var container = spec.Task.Container;
        if (container is null)
        {
            return;
        }

        Remove(container.Secrets, Values(result, _removedSecrets), s => (s.SecretName, s.SecretId), "secret");
        Remove(container.Configs, Values(result, _removedConfigs), c => (c.ConfigName, c.ConfigId), "config");
        foreach (var text in Values(result, _secrets))
        {
            var (name, target) = Split(text);
            var secret = await Lookup.SecretAsync(client, name, cancellationToken);
            container.Secrets.Add(new SecretReference
            {
                SecretId = secret.Id,
                SecretName = secret.Spec.Annotations.Name,
                File = new FileTarget { Name = target ?? secret.Spec.Annotations.Name, Mode = Mode },
            });
        }

        foreach (var text in Values(result, _configs))
        {
            var (name, target) = Split(text);
            var config = await Lookup.ConfigAsync(client, name, cancellationToken);
            container.Configs.Add(new ConfigReference
            {
                ConfigId = config.Id,
                ConfigName = config.Spec.Annotations.Name,
                File = new FileTarget { Name = target ?? config.Spec.Annotations.Name, Mode = Mode },
            });
        }
    }

    private static string[] Values(ParseResult result, Option<string[]>? option) => option is null ? [] : result.GetValue(option) ?? [];

    private static (string Name, string? Target) Split(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? (text, null) : (text[..colon], text[(colon + 1)..]);
    }

    private static void Remove<T>(IList<T> references, string[] names, Func<T, (string Name, string Id)> of, string kind)
    {
        foreach (var name in names)
        {
            var found = references.Where(r => of(r).Name == name || of(r).Id == name).ToList();
            if (found.Count == 0)
            {
                throw new CommandException($"--rm-{kind}: the service has no {kind} {name}");
            }

            found.ForEach(r => references.Remove(r));
        }
    }
}
