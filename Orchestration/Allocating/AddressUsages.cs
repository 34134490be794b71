using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>How many addresses of a network are in use.</summary>
public static class AddressUsages
{
    /// <summary>Counts, subnet by subnet. Null for a network that gives out no addresses: it is not allocated yet, or its nodes give them.</summary>
    /// <param name="network">The network.</param>
    /// <param name="holders">Services, nodes and tasks, among them all that have an address in it.</param>
    public static AddressUsage? Of(Network network, IEnumerable<IStoreObject> holders)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(holders);
        if (NetworkAddresses.Of(network) is not { } addresses)
        {
            return null;
        }

        foreach (var held in holders.SelectMany(HeldAddresses.Of).Where(a => a.NetworkId == network.Id))
        {
            addresses.Restore(held.Address, AddressEnd.Low);
        }

        var usage = new AddressUsage();
        usage.Subnets.AddRange(addresses.Pools.Select(p => new SubnetUsage
        {
            Subnet = p.Subnet.ToString(),
            Capacity = (ulong)p.Capacity,
            InUse = (ulong)p.InUse,
        }));
        return usage;
    }
}
