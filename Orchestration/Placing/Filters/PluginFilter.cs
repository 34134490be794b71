using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>The node's engine has the volume, network and log plugins that the task names (SCH-11).</summary>
internal sealed class PluginFilter(IReadOnlyList<(string Type, string Name)> plugins)
    : PlacementFilter(PlacementRule.Plugins, "missing plugin on 1 node", "missing plugin on {0} nodes")
{
    private const string LogType = "Log";

    public override bool IsStatic => true;

    public override string Asks => Spell(plugins);

    /// <summary>Equal for tasks that need the same plugins.</summary>
    public string Key => string.Join(',', plugins);

    public static PluginFilter? For(SwarmTask task)
    {
        var plugins = new List<(string Type, string Name)>();
        foreach (var mount in task.Spec?.Container?.Mounts ?? [])
        {
            if (mount.Type == Mount.Types.Type.Volume && mount.VolumeOptions?.DriverConfig?.Name is { Length: > 0 } driver && driver != "local")
            {
                plugins.Add(("Volume", driver));
            }
        }

        foreach (var attachment in task.Networks)
        {
            if (attachment.Network?.DriverState?.Name is { Length: > 0 } driver)
            {
                plugins.Add(("Network", driver));
            }
        }

        if (task.Spec?.LogDriver?.Name is { Length: > 0 } log && log != "none")
        {
            plugins.Add((LogType, log));
        }

        return plugins.Count == 0 ? null : new PluginFilter(plugins);
    }

    public override bool Passes(NodeLoad node) => !Missing(node).Any();

    public override string Describe(NodeLoad node) => $"it has no {Spell(Missing(node))}";

    // An engine that says nothing about itself may have any of them.
    private IEnumerable<(string Type, string Name)> Missing(NodeLoad node) =>
        node.Node?.Description?.Engine is { } engine ? plugins.Where(p => !Has(engine, p)) : [];

    private static string Spell(IEnumerable<(string Type, string Name)> plugins) =>
        string.Join(", ", plugins.Select(p => $"{p.Type.ToLowerInvariant()} plugin {p.Name}"));

    private static bool Has(EngineDescription engine, (string Type, string Name) plugin)
    {
        var isReported = plugin.Type != LogType;
        foreach (var known in engine.Plugins)
        {
            if (known.Type == plugin.Type)
            {
                isReported = true;
                if (known.Name == plugin.Name || known.Name == $"{plugin.Name}:latest")
                {
                    return true;
                }
            }
        }

        return !isReported;
    }
}
