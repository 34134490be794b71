using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>The addresses of one network, subnet by subnet (NET-4).</summary>
internal sealed class NetworkAddresses
{
    private readonly AddressPool[] _pools;

    private NetworkAddresses(AddressPool[] pools) => _pools = pools;

    /// <summary>The network's subnets, in the order of its configuration.</summary>
    public IReadOnlyList<AddressPool> Pools => _pools;

    /// <summary>Null for a network that gives out no addresses: it has none yet, or its nodes do.</summary>
    public static NetworkAddresses? Of(Network? network) => network is not null && network.IsAllocated() && !network.IsNodeLocal()
        ? new NetworkAddresses([.. network.Ipam.Configs.Where(c => Subnet.TryParse(c.Subnet) is not null).Select(c => new AddressPool(c))])
        : null;

    /// <summary>Takes the next free address, with its subnet's prefix; null when none is left.</summary>
    public string? TakeNext(AddressEnd end)
    {
        foreach (var pool in _pools)
        {
            if (pool.TakeNext(end) is { } address)
            {
                return pool.Subnet.Spell(address);
            }
        }

        return null;
    }

    /// <summary>Takes the address that somebody asks for, plain or with a prefix; null when it is in use or not one of the network's.</summary>
    public string? Take(string text)
    {
        foreach (var pool in _pools)
        {
            if (Subnet.TryParseAddress(text) is { } address && pool.Take(address))
            {
                return pool.Subnet.Spell(address);
            }
        }

        return null;
    }

    /// <summary>Takes an address that an object has.</summary>
    public void Restore(string text, AddressEnd end)
    {
        if (Subnet.TryParseAddress(text) is { } address)
        {
            PoolOf(address)?.Restore(address, end);
        }
    }

    /// <summary>False when it was not in use.</summary>
    public bool Release(string text) => Subnet.TryParseAddress(text) is { } address && PoolOf(address)?.Release(address) == true;

    /// <summary>How full it is, for the user.</summary>
    public override string ToString() =>
        _pools.Length == 0 ? "it has no IPv4 subnet" : string.Join(", ", _pools.Select(p => $"{p.Subnet}: {p.InUse} of {p.Capacity} in use"));

    private AddressPool? PoolOf(uint address) => Array.Find(_pools, p => p.Subnet.Contains(address));
}
