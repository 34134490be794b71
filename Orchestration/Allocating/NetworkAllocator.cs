using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>A network with what it needs, or why it cannot have it.</summary>
/// <param name="Network">The network as the store should hold it; null when it has to wait.</param>
/// <param name="Refusal">What it waits for, for the user; empty when it has everything.</param>
public readonly record struct NetworkAllocation(Network? Network, string Refusal);

/// <summary>
/// Gives networks their subnets, gateways and VXLAN ids (NET-1 to NET-3). It is told of every network that has them, and then gives nothing twice.
/// Not safe for concurrent use.
/// </summary>
public sealed class NetworkAllocator
{
    private static readonly string[] NodeLocalDrivers = ["bridge", "host", "ipvlan", "macvlan"];

    private readonly Dictionary<string, Holding> _known = [];
    private readonly SubnetChooser _subnets = new();
    private readonly VxlanIds _vxlans = new();

    /// <summary>Takes the pools of subnets from the cluster. True when they are others than before.</summary>
    public bool Configure(Cluster? cluster) => _subnets.Configure(cluster);

    /// <summary>True when the network has been given what it needs.</summary>
    public bool IsKnown(string id) => _known.ContainsKey(id);

    /// <summary>Takes what a stored network has. False when it has nothing yet, or is known already.</summary>
    public bool Restore(Network network)
    {
        ArgumentNullException.ThrowIfNull(network);
        if (!network.IsAllocated() || IsKnown(network.Id))
        {
            return false;
        }

        var holding = new Holding();
        if (!network.IsNodeLocal())
        {
            var isChosen = network.Spec?.DriverConfig?.Options.ContainsKey(NetworkFacts.VxlanIdsOption) != true;
            var ids = VxlanIds.TryParse(network.DriverState.Options.GetValueOrDefault(NetworkFacts.VxlanIdsOption, "")) ?? [];
            holding.Vxlans.AddRange(ids.Where(id => _vxlans.Take(id, isChosen)));
            holding.Subnets.AddRange(network.Ipam.Configs.Select(c => Subnet.TryParse(c.Subnet)).OfType<Subnet>().Where(_subnets.Take));
        }

        _known.Add(network.Id, holding);
        return true;
    }

    /// <summary>Gives a network what it needs. All or nothing; what it has already is kept.</summary>
    /// <exception cref="InvalidOperationException">It has everything already.</exception>
    public NetworkAllocation Allocate(Network network)
    {
        ArgumentNullException.ThrowIfNull(network);
        if (IsKnown(network.Id))
        {
            throw new InvalidOperationException($"network {network.Id} is allocated already");
        }

        var next = network.Clone();
        next.WaitsFor = "";
        if (network.IsNodeLocal())
        {
            return AllocateNodeLocal(next);
        }

        var holding = new Holding();
        var refusal = TakeSubnets(next, holding) ?? TakeVxlans(next, holding);
        if (refusal is not null)
        {
            Release(holding);
            return new NetworkAllocation(null, refusal);
        }

        _known.Add(network.Id, holding);
        return new NetworkAllocation(next, "");
    }

    /// <summary>The network is gone, or what it was given could not be stored. False when it had nothing.</summary>
    public bool Release(string id)
    {
        if (!_known.Remove(id, out var holding))
        {
            return false;
        }

        Release(holding);
        return true;
    }

    private NetworkAllocation AllocateNodeLocal(Network next)
    {
        if (!NodeLocalDrivers.Contains(next.DriverName()))
        {
            return new NetworkAllocation(null, $"network driver {next.DriverName()} is not known");
        }

        // Agents want an address configuration, be it an empty one.
        next.DriverState = new Driver { Name = next.DriverName() };
        next.Ipam = new IPAMOptions { Driver = new Driver() };
        _known.Add(next.Id, new Holding());
        return new NetworkAllocation(next, "");
    }

    private string? TakeSubnets(Network next, Holding holding)
    {
        var from = next.Ipam ?? next.Spec?.Ipam;
        if (from?.Driver is { Name: not ("" or "default") } driver)
        {
            return $"address management driver {driver.Name} is not known";
        }

        next.Ipam = new IPAMOptions { Driver = from?.Driver?.Clone() ?? new Driver() };
        next.Ipam.Driver.Name = "default";
        next.Ipam.Configs.AddRange((from?.Configs ?? []).Select(c => c.Clone()));
        if (!next.Ipam.Configs.Any(IsIpv4))
        {
            next.Ipam.Configs.Insert(0, new IPAMConfig { Family = IPAMConfig.Types.AddressFamily.Ipv4 });
        }

        foreach (var config in next.Ipam.Configs.Where(IsIpv4))
        {
            if (TakeSubnet(config, next.IsIngress(), holding) is { } refusal)
            {
                return refusal;
            }
        }

        return null;
    }

    private string? TakeSubnet(IPAMConfig config, bool isIngress, Holding holding)
    {
        if (config.Subnet.Length == 0)
        {
            if (_subnets.TakeNext(isIngress) is not { } chosen)
            {
                return $"no subnet is free in the default address pools ({_subnets})";
            }

            holding.Subnets.Add(chosen);
            config.Subnet = chosen.ToString();
        }
        else if (Subnet.TryParse(config.Subnet) is not { } wanted)
        {
            return $"invalid subnet {config.Subnet}";
        }
        else if (_subnets.Overlapping(wanted) is { } other)
        {
            return $"subnet {config.Subnet} overlaps {other}, which another network has";
        }
        else
        {
            _subnets.Take(wanted);
            holding.Subnets.Add(wanted);
        }

        return ChooseGateway(config, Subnet.TryParse(config.Subnet)!.Value);
    }

    private static string? ChooseGateway(IPAMConfig config, Subnet subnet)
    {
        if (config.Gateway.Length == 0)
        {
            // The first address that is not the subnet's own, reserved or beyond its end.
            var reserved = config.Reserved.Values.Select(Subnet.TryParseAddress).ToHashSet();
            var address = subnet.Prefix < 31 ? subnet.First + 1 : subnet.First;
            while (address < subnet.Last && reserved.Contains(address))
            {
                address++;
            }

            config.Gateway = Subnet.Format(address);
            return null;
        }

        return Subnet.TryParseAddress(config.Gateway) is { } gateway && subnet.Contains(gateway)
            ? null
            : $"gateway {config.Gateway} is not in subnet {config.Subnet}";
    }

    private string? TakeVxlans(Network next, Holding holding)
    {
        var options = new Dictionary<string, string>();
        foreach (var (key, value) in (next.Spec?.DriverConfig?.Options ?? []).Concat(next.DriverState?.Options ?? []))
        {
            options[key] = value;
        }

        if (VxlanIds.TryParse(options.GetValueOrDefault(NetworkFacts.VxlanIdsOption, "")) is not { } wanted)
        {
            return $"option {NetworkFacts.VxlanIdsOption} is not a list of numbers up to {VxlanIds.Highest}";
        }

        for (var i = 0; i < holding.Subnets.Count; i++)
        {
            if (i >= wanted.Count)
            {
                if (_vxlans.TakeNext() is not { } chosen)
                {
                    return "no VXLAN id is free";
                }

                holding.Vxlans.Add(chosen);
            }
            else if (_vxlans.Take(wanted[i], wasChosen: false))
            {
                holding.Vxlans.Add(wanted[i]);
            }
            else
            {
                return $"VXLAN id {wanted[i]} is in use by another network";
            }
        }

        next.DriverState = new Driver { Name = NetworkFacts.Overlay };
        next.DriverState.Options.Add(options);
        next.DriverState.Options[NetworkFacts.VxlanIdsOption] = string.Join(',', holding.Vxlans);
        return null;
    }

    private void Release(Holding holding)
    {
        holding.Subnets.ForEach(_subnets.Release);
        holding.Vxlans.ForEach(_vxlans.Release);
    }

    private static bool IsIpv4(IPAMConfig config) =>
        config.Family != IPAMConfig.Types.AddressFamily.Ipv6 && !config.Subnet.Contains(':', StringComparison.Ordinal);

    private sealed class Holding
    {
        public List<Subnet> Subnets { get; } = [];

        public List<uint> Vxlans { get; } = [];
    }
}
