using SwarmOrleans.Contracts;
using PublishMode = SwarmOrleans.Contracts.PortConfig.Types.PublishMode;

namespace SwarmOrleans.Orchestration;

/// <summary>What the ports of a service's spec have to do with those of its endpoint. Within a service a port is known by name, protocol and target port.</summary>
public static class ServicePorts
{
    /// <summary>
    /// The spec's ports, each ingress port without a number with the one that it has already (PRT-3); 0 where one has still to be chosen. Unlike SwarmKit's,
    /// numbers stay when ports are added to the service or taken from it.
    /// </summary>
    public static IReadOnlyList<PortConfig> Wanted(EndpointSpec? spec, Endpoint? endpoint)
    {
        if (spec is null)
        {
            return [];
        }

        // Two ports that differ in the published number alone are one identity: each number is kept once.
        var kept = endpoint is null ? [] : endpoint.Ports.Where(p => p.PublishMode == PublishMode.Ingress).ToList();
        return [.. spec.Ports.Select(port => HasNumberToCome(port) ? Sticky(port, spec, kept) : port)];
    }

    /// <summary>True when the endpoint has every port that the spec asks for and none besides (PRT-5); numbers of host-mode ports are not looked at.</summary>
    public static bool IsAllocated(EndpointSpec? spec, Endpoint? endpoint)
    {
        if (spec is null || endpoint is null)
        {
            return spec is null && endpoint is null;
        }

        return spec.Ports.Count == endpoint.Ports.Count && spec.Ports.All(port => endpoint.Ports.Any(has => Serves(has, port)));
    }

    /// <summary>True when the host-mode ports of the spec are not those of the endpoint (PRT-4). A number that the node chooses is not looked at.</summary>
    public static bool HostPortsDiffer(EndpointSpec? spec, Endpoint? endpoint) => (spec?.Ports ?? []).Any(port =>
        port is { PublishMode: PublishMode.Host, PublishedPort: not 0 } && endpoint?.Ports.Contains(port) != true);

    /// <summary>The endpoint of a service with that spec and those ports; what it has besides stays. Null when nothing is left of it.</summary>
    public static Endpoint? EndpointWith(Endpoint? endpoint, EndpointSpec? spec, IEnumerable<PortConfig> ports)
    {
        if (spec is null && endpoint is null or { VirtualIps.Count: 0 })
        {
            return null;
        }

        var next = new Endpoint { Spec = spec, Ports = { ports } };
        next.VirtualIps.AddRange(endpoint?.VirtualIps ?? []);
        return next;
    }

    /// <summary>What the service's tasks are told of its endpoint (ALO-7): the spec and the ports that it was given for it.</summary>
    public static Endpoint? EndpointForTasks(Service service)
    {
        ArgumentNullException.ThrowIfNull(service);
        if (service.Spec.Endpoint is not { } spec)
        {
            return null;
        }

        var endpoint = new Endpoint { Spec = spec };
        if (service.Endpoint is { } allocated && spec.Equals(allocated.Spec))
        {
            endpoint.Ports.AddRange(allocated.Ports);
        }

        return endpoint;
    }

    private static bool HasNumberToCome(PortConfig port) => port is { PublishMode: PublishMode.Ingress, PublishedPort: 0 };

    private static bool Serves(PortConfig has, PortConfig port) => port.PublishMode switch
    {
        PublishMode.Host => has.PublishMode == PublishMode.Host && IsSame(has, port),
        _ when port.PublishedPort == 0 => has is { PublishMode: PublishMode.Ingress, PublishedPort: not 0 } && IsSame(has, port),
        _ => has.Equals(port),
    };

    private static PortConfig Sticky(PortConfig port, EndpointSpec spec, List<PortConfig> kept)
    {
        var found = kept.FindIndex(p => IsSame(p, port) && !spec.Ports.Contains(p));
        if (found < 0)
        {
            return port;
        }

        var sticky = kept[found];
        kept.RemoveAt(found);
        return sticky;
    }

    private static bool IsSame(PortConfig a, PortConfig b) => a.Name == b.Name && a.Protocol == b.Protocol && a.TargetPort == b.TargetPort;
}
