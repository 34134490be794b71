using SwarmOrleans.Contracts;
using SwarmOrleans.Store;

namespace SwarmOrleans.Silo.Dispatching;

/// <summary>Makes session messages: always complete, since agents take what is missing for gone (B.2).</summary>
internal static class SessionMessages
{
    private const int Weight = 10;

    public static SessionMessage Create(string sessionId, Node node, StoreView view)
    {
        var message = new SessionMessage { SessionId = sessionId, Node = node };
        foreach (var manager in view.All<Manager>().OrderBy(m => m.Id, StringComparer.Ordinal))
        {
            message.Managers.Add(new WeightedPeer { Peer = new Peer { NodeId = manager.Id, Addr = manager.Addr }, Weight = Weight });
        }

        if (view.Cluster is { } cluster)
        {
            message.NetworkBootstrapKeys.AddRange(cluster.NetworkBootstrapKeys);
            message.RootCA = cluster.RootCa?.CaCert ?? Google.Protobuf.ByteString.Empty;
        }

        return message;
    }
}
