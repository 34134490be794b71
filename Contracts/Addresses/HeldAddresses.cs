namespace SwarmOrleans.Contracts;

/// <summary>An address in a network.</summary>
/// <param name="NetworkId">The network.</param>
/// <param name="Address">With the prefix of its subnet, such as 10.0.1.7/24.</param>
public readonly record struct HeldAddress(string NetworkId, string Address);

/// <summary>The addresses that objects hold: no other object may have them.</summary>
public static class HeldAddresses
{
    /// <summary>A service's virtual IPs, a node's and a task's attachments. A task that has ended holds nothing (ALO-5); neither does anything else.</summary>
    public static IEnumerable<HeldAddress> Of(IStoreObject? item) => item switch
    {
        Service { Endpoint.VirtualIps.Count: > 0 } service => service.Endpoint.VirtualIps
            .Where(v => v.Addr.Length > 0).Select(v => new HeldAddress(v.NetworkId, v.Addr)),
        Node { Attachments.Count: > 0 } node => Of(node.Attachments),
        SwarmTask { Networks.Count: > 0 } task when (task.Status?.State ?? TaskState.New) <= TaskState.Running => Of(task.Networks),
        _ => [],
    };

    /// <summary>The addresses of attachments.</summary>
    public static IEnumerable<HeldAddress> Of(IEnumerable<NetworkAttachment> attachments) =>
        attachments.Where(a => a.Network is not null).SelectMany(a => a.Addresses.Select(address => new HeldAddress(a.Network.Id, address)));
}
