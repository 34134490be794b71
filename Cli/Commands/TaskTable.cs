using System.Globalization;
using SwarmOrleans.Cli.Output;
using SwarmOrleans.Contracts;
using ControlRpc = SwarmOrleans.Contracts.Control;

namespace SwarmOrleans.Cli.Commands;

/// <summary>The tasks of a service or node, by slot, newest first.</summary>
internal static class TaskTable
{
    public static async Task WriteAsync(
        GlobalOptions globals, ControlRpc.ControlClient client, IEnumerable<SwarmTask> tasks, bool all, bool showIds, CancellationToken cancellationToken)
    {
        var nodes = showIds
            ? []
            : (await client.ListNodesAsync(new ListNodesRequest(), cancellationToken: cancellationToken)).Nodes.ToDictionary(n => n.Id, Lookup.NameOf);
        var shown = Sort(tasks.Where(t => all || t.DesiredState <= TaskState.Running)).ToList();

        // SwarmKit's columns, unless there is something to show beside them.
        string[] more = shown.Any(t => t.Status?.PortStatus is { Ports.Count: > 0 }) ? ["Ports"] : [];
        var table = new TextTable(["Task ID", "Service", "Slot", "Image", "Desired State", "Last State", "Node", .. more]);
        var now = TimeProvider.System.GetUtcNow();
        foreach (var task in shown)
        {
            table.Add(
            [
                task.Id,
                task.ServiceAnnotations?.Name ?? "",
                task.Slot == 0 ? "" : task.Slot.ToString(CultureInfo.InvariantCulture),
                task.Spec?.Container?.Image ?? "",
                Text.Of(task.DesiredState),
                Text.WithAge(task.Status, now) + (task.Status?.Err is { Length: > 0 } error ? $": {error}" : ""),
                nodes.GetValueOrDefault(task.NodeId, task.NodeId),
                .. more.Select(_ => Ports.Spell(task.Status?.PortStatus?.Ports)),
            ]);
        }

        table.WriteTo(globals.Output);
    }

    public static IEnumerable<SwarmTask> Sort(IEnumerable<SwarmTask> tasks) => tasks
        .OrderBy(t => t.ServiceAnnotations?.Name, StringComparer.Ordinal).ThenBy(t => t.Slot)
        .ThenByDescending(t => t.Meta?.CreatedAt?.ToDateTimeOffset());
}
