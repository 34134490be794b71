using System.Globalization;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>No task on the node publishes one of the ports in host mode already.</summary>
internal sealed class HostPortFilter(HostPort[] ports)
    : PlacementFilter(PlacementRule.HostPorts, "host-mode port already in use on 1 node", "host-mode port already in use on {0} nodes")
{
    public override string Asks => $"host ports {string.Join<HostPort>(", ", ports)}";

    public override bool Passes(NodeLoad node)
    {
        foreach (var port in ports)
        {
            if (node.Uses(port))
            {
                return false;
            }
        }

        return true;
    }

    public override string Describe(NodeLoad node) => $"in use there: {string.Join(", ", UsedOn(node))}";

    /// <summary>Those of the ports that somebody has there.</summary>
    public IEnumerable<HostPort> UsedOn(NodeLoad node) => ports.Where(node.Uses);
}

/// <summary>A port that a task takes on its node.</summary>
internal readonly record struct HostPort(PortConfig.Types.Protocol Protocol, uint Port)
{
    /// <summary>Those of a task: what was allocated, or what was asked while nothing has been.</summary>
    public static HostPort[] Of(SwarmTask task)
    {
        if (task.Endpoint is not { } endpoint)
        {
            return [];
        }

        var ports = endpoint.Ports.Count > 0 ? endpoint.Ports : endpoint.Spec?.Ports;
        return ports is not { Count: > 0 }
            ? []
            : [
                .. ports.Where(p => p.PublishMode == PortConfig.Types.PublishMode.Host && p.PublishedPort != 0)
                    .Select(p => new HostPort(p.Protocol, p.PublishedPort)).Distinct(),
            ];
    }

    /// <inheritdoc />
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Port}/{Protocol.ToString().ToLowerInvariant()}");
}
