using SwarmOrleans.Contracts;
using SwarmOrleans.Store;

namespace SwarmOrleans.Control;

/// <summary>When a network may go (API-28, DEA-1).</summary>
public static class NetworkRemoval
{
    /// <summary>True when no service, not even one that is being removed, and no task that lives uses the network.</summary>
    public static bool IsUnused(StoreView view, Network network)
    {
        ArgumentNullException.ThrowIfNull(view);
        ArgumentNullException.ThrowIfNull(network);
        return view.Services.ReferencingNetwork(network.Id).Count == 0 && view.Tasks.UsingNetwork(network.Id).Count == 0
            && (!network.Spec.Ingress || view.Services.HoldingKey(StoreKeys.UseOfIngress).Count == 0);
    }

    /// <summary>Removes the network, unless something uses it when the transaction is applied.</summary>
    public static StoreTransaction Remove(Network network)
    {
        ArgumentNullException.ThrowIfNull(network);
        var transaction = new StoreTransaction().RequireUnreferenced(ObjectKind.Network, network.Id).Remove<Network>(network.Id);
        return network.Spec.Ingress ? transaction.RequireKeyFree(ObjectKind.Service, StoreKeys.UseOfIngress) : transaction;
    }
}
