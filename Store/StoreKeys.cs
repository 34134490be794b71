using SwarmOrleans.Contracts;

namespace SwarmOrleans.Store;

/// <summary>
/// What objects hold of things that are there once in a swarm. The keys decide conflicts when a transaction is applied: their spelling belongs to the log.
/// </summary>
public static class StoreKeys
{
    /// <summary>Held by the network that is the ingress network.</summary>
    public const string IngressNetwork = "ingress";

    /// <summary>Held by every service that publishes a port through the ingress network.</summary>
    public const string UseOfIngress = "uses-ingress";

    /// <summary>Held by every service whose spec or endpoint publishes the port that way.</summary>
    /// <param name="mode">Through the ingress network, or on the task's node.</param>
    /// <param name="protocol">Protocols have their own ports.</param>
    /// <param name="number">Published port, 1 to 65535.</param>
    public static string PublishedPort(PortConfig.Types.PublishMode mode, PortConfig.Types.Protocol protocol, uint number) =>
        FormattableString.Invariant($"port/{(int)mode}/{(int)protocol}/{number}");

    /// <summary>Held by the service, node or task that has the address.</summary>
    /// <param name="networkId">Networks have their own addresses.</param>
    /// <param name="address">With or without a prefix.</param>
    public static string Address(string networkId, string address)
    {
        ArgumentNullException.ThrowIfNull(address);
        var slash = address.IndexOf('/', StringComparison.Ordinal);
        return $"address/{networkId}/{(slash < 0 ? address : address[..slash])}";
    }

    /// <summary>Held by the network one of whose subnets has the id on the wire.</summary>
    public static string Vxlan(string id) => $"vxlan/{id}";

    /// <summary>Held by the network that has the subnet.</summary>
    public static string SubnetItself(Subnet subnet) => $"subnet/{subnet}";

    /// <summary>Held by every network that has a subnet inside of this one, itself left out.</summary>
    public static string SubnetInside(Subnet subnet) => $"subnets-in/{subnet}";
}
