using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>
/// Which subnets networks have, and the next free one for a network that does not say (NET-2). Serial like addresses: nodes may still have routes to a
/// subnet that has just become free.
/// </summary>
internal sealed class SubnetChooser
{
    /// <summary>Default size of a subnet.</summary>
    public const int DefaultPrefix = 24;

    /// <summary>Ingress networks get 256 times as many addresses: every node of the swarm takes one.</summary>
    public const int IngressBits = 8;

    private static readonly Subnet DefaultPool = new(10 << 24, 8);

    private const long BeforeAll = -1;

    private readonly Dictionary<long, Subnet> _used = [];
    private readonly SortedSet<long> _starts = [BeforeAll];
    private Subnet[] _pools = [DefaultPool];
    private int _prefix = DefaultPrefix;
    private (int Pool, long Address) _cursor;

    /// <summary>Takes pools and size from the cluster (LDR-5). Networks keep the subnets that they have.</summary>
    public bool Configure(Cluster? cluster)
    {
        var pools = (cluster?.DefaultAddressPool ?? []).Select(Subnet.TryParse).OfType<Subnet>().ToArray();
        pools = pools.Length == 0 ? [DefaultPool] : pools;
        var prefix = cluster is { SubnetSize: > 0 and <= 32 } ? (int)cluster.SubnetSize : DefaultPrefix;
        if (prefix == _prefix && pools.AsSpan().SequenceEqual(_pools))
        {
            return false;
        }

        (_pools, _prefix, _cursor) = (pools, prefix, default);
        return true;
    }

    /// <summary>The subnet, in use, that has addresses in common with this one; null when there is none.</summary>
    public Subnet? Overlapping(Subnet subnet)
    {
        // Used ones have nothing in common with each other: the last that begins before this one's end is the only candidate.
        return _used.TryGetValue(_starts.GetViewBetween(BeforeAll, subnet.Last).Max, out var used) && used.Overlaps(subnet) ? used : null;
    }

    /// <summary>False when it overlaps another that is in use.</summary>
    public bool Take(Subnet subnet)
    {
        if (Overlapping(subnet) is not null)
        {
            return false;
        }

        _used.Add(subnet.First, subnet);
        _starts.Add(subnet.First);
        return true;
    }

    public void Release(Subnet subnet)
    {
        if (_used.TryGetValue(subnet.First, out var used) && used == subnet)
        {
            _used.Remove(subnet.First);
            _starts.Remove(subnet.First);
        }
    }

    /// <summary>Takes the next free one; null when every pool is full.</summary>
    /// <param name="isIngress">True for the network that published ports go through.</param>
    public Subnet? TakeNext(bool isIngress)
    {
        // Once around, and the rest of the first pool again.
        for (var i = 0; i <= _pools.Length; i++)
        {
            var number = (_cursor.Pool + i) % _pools.Length;
            var (pool, from) = (_pools[number], i == 0 ? _cursor.Address : 0);
            var prefix = Math.Max(pool.Prefix, isIngress ? Math.Max(0, _prefix - IngressBits) : _prefix);
            if (NextIn(pool, Math.Max(from, pool.First), prefix) is { } found)
            {
                _cursor = (number, found.Last + 1L);
                Take(found);
                return found;
            }
        }

        return null;
    }

    /// <summary>The pools in words.</summary>
    public override string ToString() => $"{string.Join(", ", _pools)} in subnets of /{_prefix}";

    private Subnet? NextIn(Subnet pool, long from, int prefix)
    {
        var size = new Subnet(0, prefix).Size;
        for (var first = (from + size - 1) / size * size; first <= pool.Last;)
        {
            var candidate = new Subnet((uint)first, prefix);
            if (!pool.Contains(candidate))
            {
                return null;
            }

            if (Overlapping(candidate) is not { } used)
            {
                return candidate;
            }

            first = (Math.Max(used.Last, candidate.Last) + size) / size * size;
        }

        return null;
    }
}
