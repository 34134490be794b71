using System.CommandLine;
using System.Globalization;
using SwarmOrleans.Cli.Output;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Cli.Commands;

/// <summary><c>swarmctl task explain</c> and <c>swarmctl service explain</c>.</summary>
internal static class ExplainCommands
{
    public static Command Task(GlobalOptions globals)
    {
        var id = new Argument<string>("TASK");
        var limit = new Option<string>("--nodes") { Description = "most nodes to show, up to 1000; those that are nearest to taking the task come first", DefaultValueFactory = _ => "20" };
        var command = new Command("explain", "Say why a task does not run, node by node and rule by rule") { id, limit };
        command.SetAction(async (result, cancellationToken) =>
        {
            var most = Quantities.Whole("--nodes", result.GetValue(limit)!);
            if (most is 0 or > 1000)
            {
                throw new CommandException("--nodes: between 1 and 1000 nodes can be shown");
            }

            var task = await Lookup.TaskAsync(globals.Client(result), result.GetValue(id)!, cancellationToken);
            var request = new ExplainTaskRequest { TaskId = task.Id, Limit = (uint)most };
            var explanation = await globals.ExplainerClient(result).ExplainTaskAsync(request, cancellationToken: cancellationToken);
            if (globals.IsJson(result))
            {
                globals.WriteJson(explanation);
            }
            else
            {
                Write(globals, explanation, globals.ShowsIds(result));
            }
        });
        return command;
    }

    public static Command Service(GlobalOptions globals)
    {
        var name = new Argument<string>("SERVICE");
        var command = new Command("explain", "Say what a service waits for: its tasks, its update, its restarts, its networks") { name };
        command.SetAction(async (result, cancellationToken) =>
        {
            var service = await Lookup.ServiceAsync(globals.Client(result), result.GetValue(name)!, cancellationToken);
            var request = new ExplainServiceRequest { ServiceId = service.Id };
            var explanation = await globals.ExplainerClient(result).ExplainServiceAsync(request, cancellationToken: cancellationToken);
            if (globals.IsJson(result))
            {
                globals.WriteJson(explanation);
            }
            else
            {
                Write(globals.Output, explanation);
            }
        });
        return command;
    }

    /// <summary>A rule as users see it: <c>HOST_PORTS</c>.</summary>
    public static string Spell(PlacementRule rule) => rule switch
    {
        PlacementRule.HostPorts => "HOST_PORTS",
        PlacementRule.MaxReplicas => "MAX_REPLICAS",
        _ => Text.Upper(rule),
    };

    /// <summary>The tasks on no node by their reason; nothing when there are none.</summary>
    public static void WritePending(TextWriter output, ServiceExplanation explanation)
    {
        if (explanation.PendingTasks.Count == 0)
        {
            return;
        }

        output.WriteLine();
        var pending = new TextTable("Pending", "Phase", "Example", "Why");
        foreach (var group in explanation.PendingTasks)
        {
            pending.Add(Number(group.Tasks), Text.Upper(group.Phase), group.ExampleTaskId, group.Reason);
        }

        pending.WriteTo(output);
        if (explanation.PendingLeftOff > 0)
        {
            output.WriteLine($"and {Number(explanation.PendingLeftOff)} more tasks for other reasons");
        }
    }

    private static void Write(GlobalOptions globals, TaskExplanation explanation, bool showsIds)
    {
        var place = explanation.Slot > 0 ? $".{Number(explanation.Slot)}" : "";
        new Summary().Add("ID", explanation.TaskId).Add("Service", explanation.ServiceName + place)
            .Add("Desired State", Text.Of(explanation.DesiredState)).Add("Last State", Text.Of(explanation.State))
            .Add("Node", showsIds ? explanation.NodeId : explanation.NodeName).Add("Phase", Text.Upper(explanation.Phase))
            .Add("Until", Text.Time(explanation.Until)).Add("Why", explanation.Summary).WriteTo(globals.Output);
        if (explanation.Placement is { } placement)
        {
            Write(globals.Output, placement, showsIds);
        }
    }

    private static void Write(TextWriter output, PlacementExplanation placement, bool showsIds)
    {
        if (placement.Rules.Count > 0)
        {
            output.WriteLine();
            var rules = new TextTable("Rule", "Nodes", "Alone", "Asked For");
            foreach (var rule in placement.Rules)
            {
                rules.Add(Spell(rule.Rule), $"{Number(rule.Nodes)}/{Number(placement.Nodes)}", Number(rule.OnlyNodes), rule.Asks);
            }

            rules.WriteTo(output);
        }

        if (placement.ShownNodes.Count == 0)
        {
            return;
        }

        output.WriteLine();
        var nodes = new TextTable("Node", "Rule", "Why");
        foreach (var node in placement.ShownNodes)
        {
            var name = showsIds ? node.NodeId : node.NodeName;
            if (node.Refusals.Count == 0)
            {
                nodes.Add(name, "", "can run it");
            }

            foreach (var refusal in node.Refusals)
            {
                nodes.Add(name, Spell(refusal.Rule), refusal.Detail + Holders(refusal));
            }
        }

        nodes.WriteTo(output);
        if (placement.ShownNodes.Count < placement.Nodes)
        {
            output.WriteLine($"and {Number(placement.Nodes - (uint)placement.ShownNodes.Count)} more nodes");
        }
    }

    private static string Holders(NodeRefusal refusal) => refusal.Ports.Count == 0
        ? ""
        : $" ({string.Join(", ", refusal.Ports.Select(p => $"{Number(p.Port)}: {(p.ServiceName.Length > 0 ? $"{p.ServiceName} " : "")}{p.TaskId}"))})";

    private static void Write(TextWriter output, ServiceExplanation explanation)
    {
        var summary = new Summary().Add("ID", explanation.ServiceId).Add("Name", explanation.Name)
            .Add("Running", $"{Number(explanation.Running)}/{Number(explanation.Desired)}");
        Add(summary, "Starting", explanation.Starting);
        Add(summary, "Pending", explanation.Pending);
        Add(summary, "Outdated", explanation.Outdated);
        summary.Add("Waits For", explanation.WaitsFor);
        if (explanation.UpdateStatus is { } update)
        {
            summary.Add("Update", $"{ServiceSummary.Spell(update.State)}: {update.Message}");
        }

        summary.Add("Why", explanation.Summary).WriteTo(output);
        if (explanation.Holds.Count > 0)
        {
            output.WriteLine();
            var holds = new TextTable("Hold", "Tasks", "Until", "Example", "Why");
            foreach (var hold in explanation.Holds)
            {
                holds.Add(Spell(hold.Kind), hold.Count == 0 ? "" : Number(hold.Count), Text.Time(hold.Until), hold.ExampleTaskId, hold.Text);
            }

            holds.WriteTo(output);
        }

        WritePending(output, explanation);
    }

    private static void Add(Summary summary, string name, ulong count) => summary.Add(name, count == 0 ? "" : Number(count));

    // RestartDelay as RESTART_DELAY.
    private static string Spell(Hold.Types.Kind kind) =>
        string.Concat(kind.ToString().Select((letter, i) => i > 0 && char.IsAsciiLetterUpper(letter) ? $"_{letter}" : $"{letter}")).ToUpperInvariant();

    private static string Number(ulong number) => number.ToString(CultureInfo.InvariantCulture);
}
