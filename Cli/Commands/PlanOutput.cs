using System.CommandLine;
using System.Globalization;
using SwarmOrleans.Cli.Output;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Cli.Commands;

/// <summary><c>--dry-run</c> of <c>swarmctl service create</c> and <c>swarmctl service update</c>.</summary>
internal static class PlanOutput
{
    private const int MaxRows = 100;

    public static Option<bool> DryRun() => new("--dry-run") { Description = "show what would be started where, replaced and stopped, and change nothing" };

    public static async Task PlanAsync(GlobalOptions globals, ParseResult result, PlanServiceRequest request, CancellationToken cancellationToken)
    {
        var response = await globals.ExplainerClient(result).PlanServiceAsync(request, cancellationToken: cancellationToken);
        if (globals.IsJson(result))
        {
            globals.WriteJson(response);
        }
        else
        {
            Write(globals.Output, response.Plan, response.Outcome, globals.ShowsIds(result));
        }
    }

    private static void Write(TextWriter output, ServicePlan plan, ServiceExplanation outcome, bool showsIds)
    {
        new Summary().Add("Service", plan.Service.Spec.Annotations.Name)
            .Add("Tasks", $"{Number(plan.Starts)} would start, {Number(plan.Stops)} stop, {Number(plan.Stays)} stay")
            .Add("Ports", Ports.Spell(Ports.Of(plan.Service)))
            .Add("Update", outcome.UpdateStatus is { } update ? $"{ServiceSummary.Spell(update.State)}: {update.Message}" : "")
            .Add("In The End", outcome.Summary).Add("Cut Short", plan.CutShort).WriteTo(output);
        WriteSteps(output, plan, showsIds);
        WriteNodes(output, plan, showsIds);
        ExplainCommands.WritePending(output, outcome);
    }

    private static void WriteSteps(TextWriter output, ServicePlan plan, bool showsIds)
    {
        var rows = plan.Steps.SelectMany((step, i) => step.Changes.Select(change => (Number: i + 1, step.After, Change: change))).ToList();
        if (rows.Count == 0)
        {
            return;
        }

        output.WriteLine();
        var table = new TextTable("Step", "After", "Action", "Slot", "Task", "From", "To");
        foreach (var (number, after, change) in rows.Take(MaxRows))
        {
            table.Add(
                Number((ulong)number),
                Text.Span(after),
                Text.Upper(change.Action),
                change.Slot == 0 ? "" : Number(change.Slot),
                change.Leaving?.TaskId ?? "",
                NodeOf(change.Leaving, showsIds),
                change.Starting is { NodeId: "" } ? "(no node)" : NodeOf(change.Starting, showsIds));
        }

        table.WriteTo(output);
        if (rows.Count > MaxRows)
        {
            output.WriteLine($"and {Number((ulong)(rows.Count - MaxRows) + plan.ChangesLeftOff)} more changes; --output json shows more of them");
        }
    }

    private static void WriteNodes(TextWriter output, ServicePlan plan, bool showsIds)
    {
        if (plan.Nodes.Count == 0)
        {
            return;
        }

        output.WriteLine();
        var table = new TextTable("Node", "Starts", "Stops", "Stays");
        foreach (var node in plan.Nodes.Take(MaxRows))
        {
            table.Add(showsIds ? node.NodeId : node.NodeName, Number(node.Starts), Number(node.Stops), Number(node.Stays));
        }

        table.WriteTo(output);
        if (plan.Nodes.Count > MaxRows)
        {
            output.WriteLine($"and {Number((ulong)(plan.Nodes.Count - MaxRows))} more nodes; --output json shows all");
        }
    }

    private static string NodeOf(PlannedTask? task, bool showsIds) => (showsIds ? task?.NodeId : task?.NodeName) ?? "";

    private static string Number(ulong number) => number.ToString(CultureInfo.InvariantCulture);
}
