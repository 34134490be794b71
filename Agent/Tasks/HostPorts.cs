using SwarmOrleans.Contracts;

namespace SwarmOrleans.Agent;

/// <summary>The ports that a task publishes on the machine that it runs on (PRT-4).</summary>
internal static class HostPorts
{
    public static IEnumerable<PortConfig> Of(SwarmTask task) =>
        (task.Endpoint?.Ports ?? []).Where(p => p is { PublishMode: PortConfig.Types.PublishMode.Host, TargetPort: > 0 });
}
