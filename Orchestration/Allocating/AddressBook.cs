using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>
/// Which addresses are in use in which network. Fed with every change of a network, service, node and task; an address that was taken here is in use until
/// the object that has it is seen to have it no more, or it is given back. Not safe for concurrent use.
/// </summary>
/// <param name="freed">Called with the id of a network in which an address has become free.</param>
public sealed class AddressBook(Action<string> freed)
{
    private readonly Dictionary<string, NetworkAddresses> _networks = [];

    /// <summary>A network is new, has been allocated, or, when <paramref name="now"/> is null, is gone. True when addresses can be taken since.</summary>
    public bool SetNetwork(string id, Network? now)
    {
        if (now is null)
        {
            _networks.Remove(id);
            return false;
        }

        return !_networks.ContainsKey(id) && NetworkAddresses.Of(now) is { } addresses && _networks.TryAdd(id, addresses);
    }

    /// <summary>An object that may have addresses is new, has changed or is gone.</summary>
    public void Set(IStoreObject? old, IStoreObject? now)
    {
        if (old is null && now is null)
        {
            return;
        }

        var (before, after) = (HeldAddresses.Of(old), HeldAddresses.Of(now));
        if (before.SequenceEqual(after))
        {
            return;
        }

        var kept = after.ToHashSet();
        foreach (var address in before)
        {
            if (!kept.Contains(address))
            {
                Release(address);
            }
        }

        var end = (now ?? old)!.Kind == ObjectKind.Task ? AddressEnd.Low : AddressEnd.High;
        foreach (var (networkId, address) in kept)
        {
            _networks.GetValueOrDefault(networkId)?.Restore(address, end);
        }
    }

    /// <summary>Takes the next free address of a network, or the one that is wanted; null when there is none, or somebody has it.</summary>
    public HeldAddress? Take(string networkId, AddressEnd end, string wanted = "")
    {
        if (!_networks.TryGetValue(networkId, out var addresses))
        {
            return null;
        }

        return (wanted.Length > 0 ? addresses.Take(wanted) : addresses.TakeNext(end)) is { } taken ? new HeldAddress(networkId, taken) : null;
    }

    /// <summary>Gives an address back.</summary>
    public void Release(HeldAddress address)
    {
        if (_networks.GetValueOrDefault(address.NetworkId)?.Release(address.Address) == true)
        {
            freed(address.NetworkId);
        }
    }

    /// <summary>How full the network is, for the user.</summary>
    public string Describe(string networkId) => _networks.GetValueOrDefault(networkId)?.ToString() ?? "it has no subnet yet";

    /// <summary>Number of addresses that objects have in a network.</summary>
    public long InUse(string networkId) => _networks.GetValueOrDefault(networkId)?.Pools.Sum(p => p.InUse) ?? 0;
}
