using System.CommandLine;
using System.Globalization;
using SwarmOrleans.Cli.Output;
using SwarmOrleans.Contracts;
using ControlRpc = SwarmOrleans.Contracts.Control;

namespace SwarmOrleans.Cli.Commands;

/// <summary>What <c>swarmctl service</c> does with updates under way and with earlier specs.</summary>
internal static class RolloutCommands
{
    public static Command Pause(GlobalOptions globals) =>
        Steer(globals, "pause", "Hold a service's update: what is under way goes on, no further task is replaced", RolloutAction.Pause);

    public static Command Resume(GlobalOptions globals) =>
        Steer(globals, "resume", "Let a paused update go on; failures until now are forgiven", RolloutAction.Resume);

    public static Command RollBack(GlobalOptions globals)
    {
        var name = new Argument<string>("SERVICE");
        var to = new Option<string>("--to") { Description = "number of the revision, as \"service revisions\" shows it; else the previous spec" };
        var command = new Command("rollback", "Go back to an earlier spec of a service") { name, to };
        command.SetAction(async (result, cancellationToken) =>
        {
            var client = globals.Client(result);
            var service = await Lookup.ServiceAsync(client, result.GetValue(name)!, cancellationToken);
            var request = RequestFor(service);
            if (result.GetValue(to) is { } text)
            {
                request.RollbackTo = Quantities.Whole("--to", text);
                if (request.RollbackTo == 0)
                {
                    throw new CommandException("--to: revisions are numbered from 1");
                }
            }
            else
            {
                request.Rollback = UpdateServiceRequest.Types.Rollback.Previous;
            }

            await UpdateAsync(globals, result, client, request, cancellationToken);
        });
        return command;
    }

    public static Command Revisions(GlobalOptions globals)
    {
        var name = new Argument<string>("SERVICE");
        var command = new Command("revisions", "List the specs that a service can go back to, the present one last") { name };
        command.SetAction(async (result, cancellationToken) =>
        {
            var client = globals.Client(result);
            var service = await Lookup.ServiceAsync(client, result.GetValue(name)!, cancellationToken);
            var response = await client.GetServiceAsync(new GetServiceRequest { ServiceId = service.Id }, cancellationToken: cancellationToken);
            if (globals.IsJson(result))
            {
                globals.WriteJson(response.Revisions);
                return;
            }

            var table = new TextTable("Revision", "Since", "Image", "Replicas", "");
            foreach (var revision in response.Revisions)
            {
                var isPresent = Equals(revision.SpecVersion, response.Service.SpecVersion);
                table.Add(
                    revision.Number.ToString(CultureInfo.InvariantCulture),
                    Text.Time(revision.Since),
                    revision.Spec.Task.Container?.Image ?? "",
                    revision.Spec.Replicated?.Replicas.ToString(CultureInfo.InvariantCulture) ?? "",
                    isPresent ? "present" : "");
            }

            table.WriteTo(globals.Output);
        });
        return command;
    }

    private static Command Steer(GlobalOptions globals, string verb, string description, RolloutAction action)
    {
        var name = new Argument<string>("SERVICE");
        var command = new Command(verb, description) { name };
        command.SetAction(async (result, cancellationToken) =>
        {
            var client = globals.Client(result);
            var request = RequestFor(await Lookup.ServiceAsync(client, result.GetValue(name)!, cancellationToken));
            request.Rollout = action;
            await UpdateAsync(globals, result, client, request, cancellationToken);
        });
        return command;
    }

    private static UpdateServiceRequest RequestFor(Service service) =>
        new() { ServiceId = service.Id, ServiceVersion = service.Meta.Version, Spec = service.Spec };

    private static async Task UpdateAsync(
        GlobalOptions globals, ParseResult result, ControlRpc.ControlClient client, UpdateServiceRequest request, CancellationToken cancellationToken)
    {
        var updated = (await client.UpdateServiceAsync(request, cancellationToken: cancellationToken)).Service;
        globals.Answer(result, updated, updated.Id);
    }
}
