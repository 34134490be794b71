using System.Globalization;

namespace SwarmOrleans.Contracts.Templates;

/// <summary>What templates know of a task (TPL-1).</summary>
public static class TaskContext
{
    /// <summary>The data: <c>.Service</c>, <c>.Node</c> and <c>.Task</c>.</summary>
    /// <param name="node">The task's node; null when nothing is known of it, which makes its host name and platform empty.</param>
    /// <param name="task">The task.</param>
    public static TemplateRecord Create(NodeDescription? node, SwarmTask task)
    {
        ArgumentNullException.ThrowIfNull(task);
        var labels = new SortedDictionary<string, object?>(StringComparer.Ordinal);
        foreach (var (key, value) in task.ServiceAnnotations?.Labels ?? [])
        {
            labels[key] = value;
        }

        var slot = task.Slot == 0 ? task.NodeId : task.Slot.ToString(CultureInfo.InvariantCulture);
        return Record(
            "Context",
            ("Service", Record("Service", ("ID", task.ServiceId), ("Name", task.ServiceAnnotations?.Name ?? ""), ("Labels", labels))),
            ("Node", Record(
                "Node",
                ("ID", task.NodeId),
                ("Hostname", node?.Hostname ?? ""),
                ("Platform", Record("Platform", ("Architecture", node?.Platform?.Architecture ?? ""), ("OS", node?.Platform?.Os ?? ""))))),
            ("Task", Record("Task", ("ID", task.Id), ("Name", NameOf(task, slot)), ("Slot", slot))));
    }

    private static string NameOf(SwarmTask task, string slot) =>
        task.Annotations is { Name.Length: > 0 } annotations ? annotations.Name : $"{task.ServiceAnnotations?.Name}.{slot}.{task.Id}";

    private static TemplateRecord Record(string name, params (string Name, object? Value)[] fields) =>
        new(name, fields.ToDictionary(f => f.Name, f => f.Value));
}
