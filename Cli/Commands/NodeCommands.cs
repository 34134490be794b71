using System.CommandLine;
using System.Globalization;
using SwarmOrleans.Cli.Output;
using SwarmOrleans.Contracts;
using Availability = SwarmOrleans.Contracts.NodeSpec.Types.Availability;
using ControlRpc = SwarmOrleans.Contracts.Control;

namespace SwarmOrleans.Cli.Commands;

/// <summary><c>swarmctl node</c>.</summary>
internal static class NodeCommands
{
    public static Command Create(GlobalOptions globals) => new("node", "Nodes: managers and workers")
    {
        List(globals),
        Inspect(globals),
        Drain(globals),
        SetAvailability(globals, "pause", Availability.Pause, "was already paused", "Place no more tasks on a node"),
        SetAvailability(globals, "activate", Availability.Active, "is already active", "Place tasks on a node again"),
        Update(globals),
        Remove(globals),
    };

    private static Command List(GlobalOptions globals)
    {
        var quiet = new Option<bool>("--quiet", "-q") { Description = "ids only" };
        var command = new Command("ls", "List nodes") { quiet };
        command.SetAction(async (result, cancellationToken) =>
        {
            var nodes = (await globals.Client(result).ListNodesAsync(new ListNodesRequest(), cancellationToken: cancellationToken)).Nodes
                .OrderBy(Lookup.NameOf, StringComparer.Ordinal).ToList();
            if (globals.IsJson(result))
            {
                globals.WriteJson(nodes);
                return;
            }

            if (result.GetValue(quiet))
            {
                nodes.ForEach(n => globals.Output.WriteLine(n.Id));
                return;
            }

            var table = new TextTable("ID", "Name", "Membership", "Status", "Availability", "Manager Status");
            foreach (var node in nodes)
            {
                table.Add(
                    node.Id,
                    Lookup.NameOf(node),
                    Text.Upper(node.Spec.Membership),
                    Text.Upper(node.Status?.State ?? NodeStatus.Types.State.Unknown),
                    Text.Upper(node.Spec.Availability),
                    ManagerStatusOf(node));
            }

            table.WriteTo(globals.Output);
        });
        return command;
    }

    private static string ManagerStatusOf(Node node) => node.ManagerStatus is { } status
        ? Text.Upper(status.Reachability) + (status.Leader ? " *" : "")
        : node.Spec.DesiredRole == NodeRole.Manager ? "UNKNOWN" : "";

    private static Command Inspect(GlobalOptions globals)
    {
        var name = new Argument<string>("NODE");
        var all = new Option<bool>("--all", "-a") { Description = "old tasks too" };
        var command = new Command("inspect", "Show a node and its tasks") { name, all };
        command.SetAction(async (result, cancellationToken) =>
        {
            var client = globals.Client(result);
            var node = await Lookup.NodeAsync(client, result.GetValue(name)!, cancellationToken);
            if (globals.IsJson(result))
            {
                globals.WriteJson(node);
                return;
            }

            Write(globals.Output, node);
            var request = new ListTasksRequest { Filters = new ListTasksRequest.Types.Filters { NodeIds = { node.Id } } };
            var tasks = (await client.ListTasksAsync(request, cancellationToken: cancellationToken)).Tasks;
            if (tasks.Count > 0)
            {
                globals.Output.WriteLine();
                await TaskTable.WriteAsync(globals, client, tasks, result.GetValue(all), globals.ShowsIds(result), cancellationToken);
            }
        });
        return command;
    }

    private static void Write(TextWriter output, Node node)
    {
        var summary = new Summary().Add("ID", node.Id).Add("Hostname", node.Description?.Hostname);
        if (node.Spec.Annotations is { Labels.Count: > 0 } annotations)
        {
            summary.Head("Labels");
            annotations.Labels.OrderBy(l => l.Key, StringComparer.Ordinal).ToList().ForEach(l => summary.Add($"  {l.Key}", l.Value));
        }

        summary.Head("Status").Add("  State", Text.Upper(node.Status?.State ?? NodeStatus.Types.State.Unknown)).Add("  Message", node.Status?.Message)
            .Add("  Availability", Text.Upper(node.Spec.Availability)).Add("  Address", node.Status?.Addr);
        if (node.ManagerStatus is { } manager)
        {
            summary.Head("Manager status").Add("  Address", manager.Addr).Add("  Raft status", Text.Upper(manager.Reachability))
                .Add("  Leader", manager.Leader ? "yes" : "no");
        }

        if (node.Description is { } description)
        {
            summary.Head("Platform").Add("  Operating System", description.Platform?.Os).Add("  Architecture", description.Platform?.Architecture);
            summary.Head("Resources").Add("  CPUs", ((description.Resources?.NanoCpus ?? 0) / 1e9).ToString(CultureInfo.InvariantCulture))
                .Add("  Memory", $"{(description.Resources?.MemoryBytes ?? 0) >> 20} MiB");
            summary.Add("Engine Version", description.Engine?.EngineVersion);
        }

        summary.WriteTo(output);
    }

    private static Command Drain(GlobalOptions globals)
    {
        var force = new Option<bool>("--force", "-f")
        {
            Description = "all at once, instead of as many at a time, and in the order, as each service's update settings say",
        };
        var command = SetAvailability(
            globals, "drain", Availability.Drain, "was already drained", "Move a node's tasks elsewhere and place no more there", result => result.GetValue(force));
        command.Add(force);
        return command;
    }

    private static Command SetAvailability(
        GlobalOptions globals, string verb, Availability availability, string already, string description, Func<ParseResult, bool>? isForced = null)
    {
        var name = new Argument<string>("NODE");
        var command = new Command(verb, description) { name };
        command.SetAction(async (result, cancellationToken) =>
        {
            var client = globals.Client(result);
            var node = await Lookup.NodeAsync(client, result.GetValue(name)!, cancellationToken);
            var force = isForced?.Invoke(result) ?? false;
            if (node.Spec.Availability == availability && (!force || node.Spec.ForceDrain))
            {
                throw new CommandException($"Node {result.GetValue(name)} {already}");
            }

            var spec = node.Spec.Clone();
            spec.Availability = availability;
            spec.ForceDrain = force;
            await UpdateAsync(client, node, spec, cancellationToken);
        });
        return command;
    }

    private static Command Update(GlobalOptions globals)
    {
        var name = new Argument<string>("NODE");
        var labels = new Option<string[]>("--label") { Description = "label key=value; replaces all labels", AllowMultipleArgumentsPerToken = false };
        var command = new Command("update", "Replace a node's labels") { name, labels };
        command.SetAction(async (result, cancellationToken) =>
        {
            var client = globals.Client(result);
            var node = await Lookup.NodeAsync(client, result.GetValue(name)!, cancellationToken);
            var spec = node.Spec.Clone();
            spec.Annotations ??= new Annotations();
            spec.Annotations.Labels.Clear();
            foreach (var (key, value) in KeyValues.Parse("--label", result.GetValue(labels) ?? []))
            {
                spec.Annotations.Labels[key] = value;
            }

            if (spec.Equals(node.Spec))
            {
                throw new CommandException($"No change for node {result.GetValue(name)}");
            }

            await UpdateAsync(client, node, spec, cancellationToken);
        });
        return command;
    }

    private static async Task UpdateAsync(ControlRpc.ControlClient client, Node node, NodeSpec spec, CancellationToken cancellationToken) =>
        await client.UpdateNodeAsync(
            new UpdateNodeRequest { NodeId = node.Id, NodeVersion = node.Meta.Version, Spec = spec }, cancellationToken: cancellationToken);

    private static Command Remove(GlobalOptions globals)
    {
        var name = new Argument<string>("NODE");
        var force = new Option<bool>("--force", "-f") { Description = "although the node is not down" };
        var command = new Command("remove", "Remove a node") { name, force };
        command.Aliases.Add("rm");
        command.SetAction(async (result, cancellationToken) =>
        {
            var client = globals.Client(result);
            var node = await Lookup.NodeAsync(client, result.GetValue(name)!, cancellationToken);
            var request = new RemoveNodeRequest { NodeId = node.Id, Force = result.GetValue(force) };
            await client.RemoveNodeAsync(request, cancellationToken: cancellationToken);
        });
        return command;
    }
}
