using SwarmOrleans.Contracts;

namespace SwarmOrleans.Store;

/// <summary>
/// What an allocated network holds, so that subnets never overlap and ids on the wire are never the same, whoever allocated them: its subnets, every larger
/// block that they are in, and its VXLAN ids.
/// </summary>
public static class NetworkKeys
{
    private const string VxlanIdsOption = "com.docker.network.driver.overlay.vxlanid_list";

    /// <summary>The keys that it holds; none before it is allocated.</summary>
    public static IEnumerable<string> Of(Network network) =>
        SubnetsOf(network).SelectMany(s => Blocks(s).Select(StoreKeys.SubnetInside).Prepend(StoreKeys.SubnetItself(s))).Concat(VxlansOf(network));

    /// <summary>
    /// Conditions on which it may hold them: nobody has its subnets, a larger block that they are in or a smaller one inside of them, or its ids.
    /// </summary>
    public static StoreTransaction Require(StoreTransaction transaction, Network network)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        ArgumentNullException.ThrowIfNull(network);
        var keys = SubnetsOf(network)
            .SelectMany(s => Blocks(s).Select(StoreKeys.SubnetItself).Append(StoreKeys.SubnetItself(s)).Append(StoreKeys.SubnetInside(s)))
            .Concat(VxlansOf(network));
        foreach (var key in keys)
        {
            transaction.RequireKeyFree(ObjectKind.Network, key, network.Id);
        }

        return transaction;
    }

    private static IEnumerable<Subnet> SubnetsOf(Network network) => network.DriverState?.Options.ContainsKey(VxlanIdsOption) == true
        ? (network.Ipam?.Configs ?? []).Select(c => Subnet.TryParse(c.Subnet)).OfType<Subnet>()
        : [];

    private static IEnumerable<string> VxlansOf(Network network) =>
        (network.DriverState?.Options.GetValueOrDefault(VxlanIdsOption, "") ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries).Select(StoreKeys.Vxlan);

    private static IEnumerable<Subnet> Blocks(Subnet subnet) => Enumerable.Range(0, subnet.Prefix).Select(prefix => Subnet.Of(subnet.First, prefix));
}
