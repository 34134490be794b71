using System.CommandLine;
using SwarmOrleans.Cli.Output;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Cli.Commands;

/// <summary><c>swarmctl config</c>. Their content is shown as JSON.</summary>
internal static class ConfigCommands
{
    public static Command Create(GlobalOptions globals) => new("config", "Configs: small files for tasks")
    {
        List(globals), Store(globals), Inspect(globals), Remove(globals),
    };

    private static Command List(GlobalOptions globals) => ListCommand.Create<Config>(
        globals,
        "configs",
        new TextTable("ID", "Name", "Created") { Gap = Payloads.Gap },
        async (result, cancellationToken) =>
        {
            var all = await globals.Client(result).ListConfigsAsync(new ListConfigsRequest(), cancellationToken: cancellationToken);
            return Payloads.NewestFirst(all.Configs, c => c.Meta);
        },
        c => c.Id,
        c => [c.Id, c.Spec.Annotations.Name, Payloads.Age(c.Meta)]);

    private static Command Store(GlobalOptions globals)
    {
        var name = new Argument<string>("NAME");
        var file = Payloads.FileOption();
        var labels = Payloads.LabelOption();
        var templating = Payloads.TemplatingOption();
        var command = new Command("create", "Store a config") { name, file, labels, templating };
        command.SetAction(async (result, cancellationToken) =>
        {
            var spec = new ConfigSpec
            {
                Annotations = Payloads.Annotations(result.GetValue(name)!, result.GetValue(labels) ?? []),
                Templating = Payloads.Templating(result.GetValue(templating)),
            };
            spec.Data = await Payloads.ReadAsync(globals, result.GetValue(file), cancellationToken);
            var request = new CreateConfigRequest { Spec = spec };
            var created = (await globals.Client(result).CreateConfigAsync(request, cancellationToken: cancellationToken)).Config;
            globals.Answer(result, created, created.Id);
        });
        return command;
    }

    private static Command Inspect(GlobalOptions globals)
    {
        var name = new Argument<string>("CONFIG");
        var command = new Command("inspect", "Show a config") { name };
        command.SetAction(async (result, cancellationToken) =>
        {
            var config = await Lookup.ConfigAsync(globals.Client(result), result.GetValue(name)!, cancellationToken);
            if (globals.IsJson(result))
            {
                globals.WriteJson(config);
                return;
            }

            Payloads.Describe(config.Id, config.Spec.Annotations, config.Meta)
                .Add("Template driver", config.Spec.Templating?.Name).WriteTo(globals.Output);
        });
        return command;
    }

    private static Command Remove(GlobalOptions globals)
    {
        var name = new Argument<string>("CONFIG");
        var command = new Command("remove", "Remove a config that no service uses") { name };
        command.Aliases.Add("rm");
        command.SetAction(async (result, cancellationToken) =>
        {
            var client = globals.Client(result);
            var config = await Lookup.ConfigAsync(client, result.GetValue(name)!, cancellationToken);
            await client.RemoveConfigAsync(new RemoveConfigRequest { ConfigId = config.Id }, cancellationToken: cancellationToken);
            globals.Output.WriteLine(config.Id);
        });
        return command;
    }
}
