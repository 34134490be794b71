using System.CommandLine;
using System.Globalization;
using SwarmOrleans.Cli.Output;
using SwarmOrleans.Contracts;
using ControlRpc = SwarmOrleans.Contracts.Control;

namespace SwarmOrleans.Cli.Commands;

/// <summary><c>swarmctl service rebalance</c>.</summary>
internal static class RebalanceCommand
{
    public static Command Create(GlobalOptions globals)
    {
        var name = new Argument<string>("SERVICE");
        var dryRun = new Option<bool>("--dry-run") { Description = "show what would be moved, and move nothing" };
        var command = new Command("rebalance", "Move a service's tasks, once, until its nodes are used evenly") { name, dryRun };
        command.SetAction(async (result, cancellationToken) =>
        {
            var client = globals.Client(result);
            var service = await Lookup.ServiceAsync(client, result.GetValue(name)!, cancellationToken);
            var isDryRun = result.GetValue(dryRun);
            var request = new UpdateServiceRequest
            {
                ServiceId = service.Id,
                ServiceVersion = service.Meta.Version,
                Rollout = isDryRun ? RolloutAction.PlanRebalance : RolloutAction.Rebalance,
            };
            var response = await client.UpdateServiceAsync(request, cancellationToken: cancellationToken);
            if (!isDryRun)
            {
                globals.Answer(result, response.Service, response.Service.Id);
            }
            else if (globals.IsJson(result))
            {
                globals.WriteJson(response.RebalancePlan);
            }
            else
            {
                await WriteAsync(globals, client, response.RebalancePlan, globals.ShowsIds(result), cancellationToken);
            }
        });
        return command;
    }

    private static async Task WriteAsync(
        GlobalOptions globals, ControlRpc.ControlClient client, RebalancePlan plan, bool showsIds, CancellationToken cancellationToken)
    {
        if (plan.Moves.Count == 0)
        {
            globals.Output.WriteLine($"nothing to move: {(plan.Reason.Length > 0 ? plan.Reason : "no move would make the spread more even")}");
            return;
        }

        var nodes = (await client.ListNodesAsync(new ListNodesRequest(), cancellationToken: cancellationToken)).Nodes.ToDictionary(n => n.Id, Lookup.NameOf);
        string NameOf(string id) => showsIds ? id : nodes.GetValueOrDefault(id, id);
        var table = new TextTable("Slot", "Task", "From", "To");
        foreach (var move in plan.Moves)
        {
            table.Add(move.Slot.ToString(CultureInfo.InvariantCulture), move.TaskId, NameOf(move.FromNode), NameOf(move.ToNode));
        }

        table.WriteTo(globals.Output);
    }
}
