using System.Globalization;
using SwarmOrleans.Cli.Output;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Cli.Commands;

/// <summary>A service as <c>service inspect</c> shows it.</summary>
internal static class ServiceSummary
{
    public static void Write(TextWriter output, Service service, string replicas)
    {
        var spec = service.Spec;
        var summary = new Summary().Add("ID", service.Id).Add("Name", spec.Annotations.Name);
        if (spec.Annotations.Labels.Count > 0)
        {
            summary.Head("Labels");
            spec.Annotations.Labels.OrderBy(l => l.Key, StringComparer.Ordinal).ToList().ForEach(l => summary.Add($"  {l.Key}", l.Value));
        }

        summary.Add("Replicas", replicas);
        if (service.UpdateStatus is { } update)
        {
            summary.Head("Update Status").Add(" State", Spell(update.State)).Add(" Started", Text.Time(update.StartedAt))
                .Add(" Completed", Text.Time(update.CompletedAt)).Add(" Message", update.Message);
        }

        if (service.RebalanceStatus is { } rebalance)
        {
            summary.Head("Rebalance Status").Add(" State", Text.Upper(rebalance.State)).Add(" Started", Text.Time(rebalance.StartedAt))
                .Add(" Completed", Text.Time(rebalance.CompletedAt)).Add(" Message", rebalance.Message);
        }

        AddPorts(summary, service);
        AddTemplate(summary.Head("Template"), spec.Task);
        summary.WriteTo(output);
    }

    private static void AddPorts(Summary summary, Service service)
    {
        foreach (var port in Ports.Of(service))
        {
            summary.Add("Port", Ports.Spell(port));
        }
    }

    private static void AddTemplate(Summary summary, TaskSpec task)
    {
        summary.Head(" Container").Add("  Image", task.Container?.Image).Add("  Command", Quote(task.Container?.Command))
            .Add("  Args", Quote(task.Container?.Args)).Add("  Env", Quote(task.Container?.Env)).Add("  User", task.Container?.User);
        foreach (var mount in task.Container?.Mounts ?? [])
        {
            summary.Add("  Mount", $"{Text.Upper(mount.Type).ToLowerInvariant()} {mount.Source} {mount.Target}");
        }

        foreach (var secret in task.Container?.Secrets ?? [])
        {
            summary.Add("  Secret", $"{secret.SecretName} {secret.File?.Name}");
        }

        foreach (var config in task.Container?.Configs ?? [])
        {
            summary.Add("  Config", $"{config.ConfigName} {config.File?.Name}");
        }

        if (task.Placement is { Constraints.Count: > 0 } placement)
        {
            summary.Add(" Constraints", string.Join(", ", placement.Constraints));
        }

        AddResources(summary, " Reservations", task.Resources?.Reservations);
        AddResources(summary, " Limits", task.Resources?.Limits);
    }

    private static void AddResources(Summary summary, string name, Resources? resources)
    {
        if (resources is null || (resources.NanoCpus == 0 && resources.MemoryBytes == 0))
        {
            return;
        }

        summary.Head(name).Add("  CPU", (resources.NanoCpus / 1e9).ToString(CultureInfo.InvariantCulture))
            .Add("  Memory", resources.MemoryBytes == 0 ? "" : $"{resources.MemoryBytes} bytes");
    }

    public static string Spell(UpdateStatus.Types.UpdateState state) => state switch
    {
        UpdateStatus.Types.UpdateState.RollbackStarted => "ROLLBACK_STARTED",
        UpdateStatus.Types.UpdateState.RollbackPaused => "ROLLBACK_PAUSED",
        UpdateStatus.Types.UpdateState.RollbackCompleted => "ROLLBACK_COMPLETED",
        _ => Text.Upper(state),
    };

    private static string Quote(IEnumerable<string>? words)
    {
        var all = words?.ToList() ?? [];
        return all.Count == 0 ? "" : $"[ {string.Join(", ", all)} ]";
    }
}
