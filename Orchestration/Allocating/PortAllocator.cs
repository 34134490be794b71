using System.Globalization;
using SwarmOrleans.Contracts;
using Protocol = SwarmOrleans.Contracts.PortConfig.Types.Protocol;
using PublishMode = SwarmOrleans.Contracts.PortConfig.Types.PublishMode;

namespace SwarmOrleans.Orchestration;

/// <summary>Another service that publishes the port that way; null when there is none.</summary>
/// <param name="mode">How it is published.</param>
/// <param name="protocol">Protocols have their own ports.</param>
/// <param name="number">Published port.</param>
public delegate Service? PortHolder(PublishMode mode, Protocol protocol, uint number);

/// <summary>
/// Chooses the ports of one service. Pure: who has which port is asked of <see cref="PortHolder"/>, and that nobody took one meanwhile is a condition of the
/// transaction that stores the result.
/// </summary>
/// <param name="range">Where ports without a number come from.</param>
/// <param name="cursor">Where the search begins.</param>
/// <param name="holderOf">Who has a port, the service itself left out.</param>
public sealed class PortAllocator(PortRange range, PortCursor cursor, PortHolder holderOf)
{
    /// <summary>Ports for the spec, the numbers that the endpoint has kept where they may be (PRT-1 to PRT-4); or why there are none. All or nothing.</summary>
    public PortAllocation Allocate(EndpointSpec? spec, Endpoint? endpoint)
    {
        var wanted = ServicePorts.Wanted(spec, endpoint);
        var own = new HashSet<(Protocol, uint)>();
        foreach (var port in wanted.Where(p => p.PublishedPort != 0))
        {
            if (Refusal(port, own) is { } refusal)
            {
                return PortAllocation.Refused(refusal);
            }
        }

        var ports = new List<PortConfig>(wanted.Count);
        foreach (var port in wanted)
        {
            if (port is not { PublishMode: PublishMode.Ingress, PublishedPort: 0 })
            {
                ports.Add(port);
                continue;
            }

            if (cursor.Take(port.Protocol, range, n => own.Contains((port.Protocol, n)) || IsTaken(port.Protocol, n)) is not { } number)
            {
                return PortAllocation.Refused($"no {Spell(port.Protocol)} port of {range} is free");
            }

            own.Add((port.Protocol, number));
            var chosen = port.Clone();
            chosen.PublishedPort = number;
            ports.Add(chosen);
        }

        return PortAllocation.Of(ports);
    }

    private string? Refusal(PortConfig port, HashSet<(Protocol, uint)> own)
    {
        var number = port.PublishedPort.ToString(CultureInfo.InvariantCulture);
        if (!PortRange.All.Contains(port.PublishedPort))
        {
            return $"port '{number}' is not one of {PortRange.All}";
        }

        if (!own.Add((port.Protocol, port.PublishedPort)))
        {
            return $"port '{number}' is published twice";
        }

        if (holderOf(PublishMode.Ingress, port.Protocol, port.PublishedPort) is { } ingress)
        {
            return InUse(number, ingress, "as an ingress port");
        }

        // Two services may both publish a port on their tasks' nodes: the scheduler keeps their tasks apart.
        return port.PublishMode == PublishMode.Ingress && holderOf(PublishMode.Host, port.Protocol, port.PublishedPort) is { } host
            ? InUse(number, host, "as a host-published port")
            : null;
    }

    private bool IsTaken(Protocol protocol, uint number) =>
        holderOf(PublishMode.Ingress, protocol, number) is not null || holderOf(PublishMode.Host, protocol, number) is not null;

    private static string InUse(string number, Service holder, string how) =>
        $"port '{number}' is already in use by service '{holder.Spec?.Annotations?.Name}' ({holder.Id}) {how}"
        + (holder.PendingDelete ? "; it is being removed: the port is free when its tasks have stopped" : "");

    private static string Spell(Protocol protocol) => protocol.ToString().ToLowerInvariant();
}

/// <summary>Ports for a service, or why it cannot have them.</summary>
public sealed class PortAllocation
{
    private PortAllocation(IReadOnlyList<PortConfig> ports, string? refusal) => (Ports, Refusal) = (ports, refusal);

    /// <summary>The ports, in the order of the spec; empty when they are refused.</summary>
    public IReadOnlyList<PortConfig> Ports { get; }

    /// <summary>Why the service cannot have its ports, for the user; null when it can.</summary>
    public string? Refusal { get; }

    internal static PortAllocation Of(IReadOnlyList<PortConfig> ports) => new(ports, null);

    internal static PortAllocation Refused(string refusal) => new([], refusal);
}
