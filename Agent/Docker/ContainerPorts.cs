using System.Globalization;
using Docker.DotNet.Models;
using SwarmOrleans.Contracts;
using PortConfig = SwarmOrleans.Contracts.PortConfig;
using PortStatus = SwarmOrleans.Contracts.PortStatus;
using PublishMode = SwarmOrleans.Contracts.PortConfig.Types.PublishMode;

namespace SwarmOrleans.Agent.Docker;

/// <summary>Host-mode ports of a task as the engine spells them, and back.</summary>
internal static class ContainerPorts
{
    /// <summary>The ports of the container that are published on this machine, as in <c>80/tcp</c>.</summary>
    public static Dictionary<string, EmptyStruct> Exposed(SwarmTask task) => HostPorts.Of(task).Select(KeyOf).Distinct().ToDictionary(key => key, _ => default(EmptyStruct));

    /// <summary>Where they are published; the engine chooses a number where none is given.</summary>
    public static Dictionary<string, IList<PortBinding>> Bindings(SwarmTask task) => HostPorts.Of(task).GroupBy(KeyOf).ToDictionary(
        group => group.Key, IList<PortBinding> (group) => [.. group.Select(p => new PortBinding { HostPort = p.PublishedPort == 0 ? "" : Spell(p.PublishedPort) })]);

    /// <summary>What the engine says of a running container; one entry a port, though the engine binds IPv4 and IPv6 apart.</summary>
    public static PortStatus StatusOf(IDictionary<string, IList<PortBinding>>? ports)
    {
        var published = new HashSet<PortConfig>();
        foreach (var (key, bindings) in ports ?? new Dictionary<string, IList<PortBinding>>())
        {
            foreach (var binding in bindings ?? [])
            {
                if (Parse(key, binding.HostPort) is { } port)
                {
                    published.Add(port);
                }
            }
        }

        return new PortStatus { Ports = { published.OrderBy(p => p.TargetPort).ThenBy(p => p.Protocol).ThenBy(p => p.PublishedPort) } };
    }

    private static PortConfig? Parse(string key, string? number)
    {
        var parts = key.Split('/');
        return parts.Length == 2 && System.Enum.TryParse<PortConfig.Types.Protocol>(parts[1], ignoreCase: true, out var protocol)
            && uint.TryParse(parts[0], CultureInfo.InvariantCulture, out var target) && uint.TryParse(number, CultureInfo.InvariantCulture, out var published)
            ? new PortConfig { Protocol = protocol, TargetPort = target, PublishedPort = published, PublishMode = PublishMode.Host }
            : null;
    }

    private static string KeyOf(PortConfig port) => $"{Spell(port.TargetPort)}/{port.Protocol.ToString().ToLowerInvariant()}";

    private static string Spell(uint number) => number.ToString(CultureInfo.InvariantCulture);
}
