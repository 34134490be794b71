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
}
