using SwarmOrleans.Contracts;
using SwarmOrleans.Orchestration;
using SwarmOrleans.Store;

namespace SwarmOrleans.Silo.Loops;

/// <summary>What an allocation writes, and on which conditions.</summary>
internal static class AllocationTransaction
{
    public static StoreTransaction Of(Allocation allocation)
    {
        var transaction = new StoreTransaction().Update(allocation.Item);
        RequireFree(transaction, allocation.Item.Kind, allocation.Item.Id, allocation.Taken);
        return allocation.Item is Network network ? NetworkKeys.Require(transaction, network) : transaction;
    }

    /// <summary>Conditions: the networks are still there, and nobody else has the addresses.</summary>
    public static void RequireFree(StoreTransaction transaction, ObjectKind kind, string id, IEnumerable<HeldAddress> addresses)
    {
        foreach (var (networkId, address) in addresses)
        {
            transaction.RequireExists<Network>(networkId).RequireKeyFree(kind, StoreKeys.Address(networkId, address), id);
        }
    }
}
