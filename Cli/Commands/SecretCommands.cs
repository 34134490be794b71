using System.CommandLine;
using SwarmOrleans.Cli.Output;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Cli.Commands;

/// <summary><c>swarmctl secret</c>. What they hold is never shown.</summary>
internal static class SecretCommands
{
    public static Command Create(GlobalOptions globals) => new("secret", "Secrets: files that only the tasks which need them see")
    {
        List(globals), Store(globals), Inspect(globals), Remove(globals),
    };

    private static Command List(GlobalOptions globals) => ListCommand.Create<Secret>(
        globals,
        "secrets",
        new TextTable("ID", "Name", "Driver", "Created") { Gap = Payloads.Gap },
        async (result, cancellationToken) =>
        {
            var all = await globals.Client(result).ListSecretsAsync(new ListSecretsRequest(), cancellationToken: cancellationToken);
            return Payloads.NewestFirst(all.Secrets, s => s.Meta);
        },
        s => s.Id,
        s => [s.Id, s.Spec.Annotations.Name, s.Spec.Driver?.Name ?? "", Payloads.Age(s.Meta)]);

    private static Command Store(GlobalOptions globals)
    {
        var name = new Argument<string>("NAME");
        var file = Payloads.FileOption();
        var labels = Payloads.LabelOption();
        var templating = Payloads.TemplatingOption();
        var driver = new Option<string?>("--driver", "-d") { Description = "driver that knows the data" };
        var command = new Command("create", "Store a secret") { name, file, labels, templating, driver };
        command.SetAction(async (result, cancellationToken) =>
        {
            var spec = new SecretSpec
            {
                Annotations = Payloads.Annotations(result.GetValue(name)!, result.GetValue(labels) ?? []),
                Templating = Payloads.Templating(result.GetValue(templating)),
            };
            if (result.GetValue(driver) is { } driverName)
            {
                spec.Driver = new Driver { Name = driverName };
            }
            else
            {
                spec.Data = await Payloads.ReadAsync(globals, result.GetValue(file), cancellationToken);
            }
            var request = new CreateSecretRequest { Spec = spec };
            var created = (await globals.Client(result).CreateSecretAsync(request, cancellationToken: cancellationToken)).Secret;
            globals.Answer(result, created, created.Id);
        });
        return command;
    }

    private static Command Inspect(GlobalOptions globals)
    {
        var name = new Argument<string>("SECRET");
        var command = new Command("inspect", "Show a secret") { name };
        command.SetAction(async (result, cancellationToken) =>
        {
            var secret = await Lookup.SecretAsync(globals.Client(result), result.GetValue(name)!, cancellationToken);
            if (globals.IsJson(result))
            {
                globals.WriteJson(secret);
                return;
            }

            Payloads.Describe(secret.Id, secret.Spec.Annotations, secret.Meta)
                .Add("Driver", secret.Spec.Driver?.Name).WriteTo(globals.Output);
        });
        return command;
    }

    private static Command Remove(GlobalOptions globals)
    {
        var name = new Argument<string>("SECRET");
        var command = new Command("remove", "Remove a secret that no service uses") { name };
        command.Aliases.Add("rm");
        command.SetAction(async (result, cancellationToken) =>
        {
            var client = globals.Client(result);
            var secret = await Lookup.SecretAsync(client, result.GetValue(name)!, cancellationToken);
            await client.RemoveSecretAsync(new RemoveSecretRequest { SecretId = secret.Id }, cancellationToken: cancellationToken);
            globals.Output.WriteLine(secret.Id);
        });
        return command;
    }
}
