using SwarmOrleans.Contracts;
using SwarmOrleans.Orchestration;

namespace SwarmOrleans.Tests.Unit.Orchestration.Allocating;

/// <summary>Subnets, gateways and VXLAN ids of networks.</summary>
public sealed class NetworkAllocatorTests
{
    private const string Ids = NetworkFacts.VxlanIdsOption;

    private readonly NetworkAllocator _allocator = new();

    [Fact]
    public void AT_NET_1_InvalidAddressSettings_AreAnError_AndNothingIsTaken()
    {
        Refused("address management driver other", NetworkOf("a", n => n.Spec.Ipam = new IPAMOptions { Driver = new Driver { Name = "other" } }));
        Refused("invalid subnet bad", NetworkOf("a", Subnets("10.9.0.0/24", "bad")));
        Assert.False(_allocator.IsKnown("a"));
        Assert.Equal("10.9.0.0/24", Given(NetworkOf("b", Subnets("10.9.0.0/24"))).Ipam.Configs[0].Subnet);
    }

    [Fact]
    public void AT_NET_1_InvalidDriver_IsAnError() =>
        Refused("network driver other is not known", NetworkOf("a", n => n.Spec.DriverConfig = new Driver { Name = "other" }));

    [Fact]
    public void AT_NET_2_ANetwork_IsNotAllocatedTwice()
    {
        var network = NetworkOf("a");
        Given(network);
        Assert.Throws<InvalidOperationException>(() => _allocator.Allocate(network));
    }

    [Fact]
    public void AT_NET_3_WithoutSettings_SubnetAndGatewayAreChosen_AndAnotherAllocatorTakesThemOver()
    {
        var (a, b) = (Given(NetworkOf("a")), Given(NetworkOf("b")));
        Assert.Equal(("10.0.0.0/24", "10.0.0.1"), SubnetOf(a));
        Assert.Equal(("10.0.1.0/24", "10.0.1.1"), SubnetOf(b));
        Assert.Equal(("overlay", "4096"), (a.DriverState.Name, a.DriverState.Options[Ids]));
        Assert.Equal("4097", b.DriverState.Options[Ids]);
        Assert.Equal(IPAMConfig.Types.AddressFamily.Ipv4, a.Ipam.Configs[0].Family);

        var other = new NetworkAllocator();
        Assert.True(other.Restore(b));
        Assert.True(other.Restore(a));
        Assert.False(other.Restore(a));
        var c = other.Allocate(NetworkOf("c")).Network!;
        Assert.Equal(("10.0.2.0/24", "10.0.2.1"), SubnetOf(c));
        Assert.Equal("4098", c.DriverState.Options[Ids]);
    }

    [Fact]
    public void AT_NET_4_OneSubnet_IsKept_AndItsGatewayIsChosen() =>
        Assert.Equal(("192.168.1.0/24", "192.168.1.1"), SubnetOf(Given(NetworkOf("a", Subnets("192.168.1.0/24")))));

    [Fact]
    public void AT_NET_4_OneSubnetWithItsGateway_IsKept() => Assert.Equal(
        ("192.168.1.0/24", "192.168.1.77"), SubnetOf(Given(NetworkOf("a", Config("192.168.1.0/24", "192.168.1.77")))));

    [Fact]
    public void AT_NET_5_GatewayOutsideOfItsSubnet_IsAnError()
    {
        Refused("gateway 192.168.2.1 is not in subnet 192.168.1.0/24", NetworkOf("a", Config("192.168.1.0/24", "192.168.2.1")));
        Given(NetworkOf("b", Subnets("192.168.1.0/24")));
    }

    [Fact]
    public void AT_NET_6_SubnetOfOneAddress_IsAccepted()
    {
        var network = Given(NetworkOf("a", Subnets("1.1.1.1/32")));
        Assert.Equal(("1.1.1.1/32", "1.1.1.1"), SubnetOf(network));
        Assert.Null(NetworkAddresses.Of(network)!.TakeNext(AddressEnd.Low));
    }

    [Fact]
    public void AT_NET_7_TwoSubnets_AreKept_AndEachGetsAGatewayAndAnId()
    {
        var network = Given(NetworkOf("a", Subnets("192.168.1.0/24", "192.168.2.0/24")));
        Assert.Equal(["192.168.1.1", "192.168.2.1"], network.Ipam.Configs.Select(c => c.Gateway));
        Assert.Equal("4096,4097", network.DriverState.Options[Ids]);
    }

    [Fact]
    public void AT_NET_8_FreedNetwork_CanBeAllocatedAgain()
    {
        var network = NetworkOf("a", Subnets("192.168.1.0/24"));
        Given(network);
        Refused("subnet 192.168.0.0/16 overlaps 192.168.1.0/24", NetworkOf("b", Subnets("192.168.0.0/16")));
        Assert.True(_allocator.Release("a"));
        Assert.False(_allocator.Release("a"));
        Given(NetworkOf("b", Subnets("192.168.0.0/16")));
        Refused("overlaps", network);
    }

    [Fact]
    public void AT_NET_9_TasksGetOneAddressInEachNetwork_AnotherBookTakesThemOver_AndFreedOnesAreGivenAgain()
    {
        Network[] networks = [Given(NetworkOf("a")), Given(NetworkOf("b"))];
        var (book, freed) = Book(networks);
        HeldAddress?[] taken = [.. networks.Select(n => book.Take(n.Id, AddressEnd.Low))];
        Assert.All(taken.Zip(networks), pair => Assert.True(
            Subnet.TryParse(pair.Second.Ipam.Configs[0].Subnet)!.Value.Contains(Subnet.TryParseAddress(pair.First!.Value.Address)!.Value)));
        var task = new SwarmTask { Id = "t", Status = new SwarmTaskStatus { State = TaskState.Running } };
        task.Networks.AddRange(networks.Zip(taken, (n, t) => new NetworkAttachment { Network = n, Addresses = { t!.Value.Address } }));
        book.Set(null, task);

        var (other, _) = Book([.. networks.Reverse()]);
        other.Set(null, task);
        Assert.All(taken, t => Assert.Null(other.Take(t!.Value.NetworkId, AddressEnd.Low, t.Value.Address)));
        Assert.Equal(networks.Select(n => book.Take(n.Id, AddressEnd.Low)), networks.Select(n => other.Take(n.Id, AddressEnd.Low)));

        book.Set(task, null);
        book.Set(task, null);
        Assert.Equal(["a", "b"], freed);
        Assert.All(taken, t => Assert.Equal(t, book.Take(t!.Value.NetworkId, AddressEnd.Low, t.Value.Address)));
    }

    [Fact]
    public void AT_NET_13_OptionsOfTheAddressDriver_AreKept_AndAddressesAreSerial()
    {
        var network = Given(NetworkOf("a", n => n.Spec.Ipam = new IPAMOptions { Driver = new Driver { Name = "default", Options = { ["foo"] = "bar" } } }));
        Assert.Equal(("default", "bar"), (network.Ipam.Driver.Name, network.Ipam.Driver.Options["foo"]));
        var addresses = NetworkAddresses.Of(network)!;
        Assert.Equal("10.0.0.2/24", addresses.TakeNext(AddressEnd.Low));
        Assert.True(addresses.Release("10.0.0.2/24"));
        Assert.Equal("10.0.0.3/24", addresses.TakeNext(AddressEnd.Low));
    }

    [Theory]
    [InlineData("bridge")]
    [InlineData("host")]
    [InlineData("ipvlan")]
    [InlineData("macvlan")]
    public void AT_ALO_13_NodeLocalNetwork_HasAnEmptyAddressConfiguration_AndGivesNoAddresses(string driver)
    {
        var network = Given(NetworkOf("a", n => n.Spec.DriverConfig = new Driver { Name = driver }));
        Assert.Equal(new Driver { Name = driver }, network.DriverState);
        Assert.Equal(new IPAMOptions { Driver = new Driver() }, network.Ipam);
        Assert.Null(NetworkAddresses.Of(network));
    }

    [Fact]
    public void NET_2_PoolsAndSizeOfTheCluster_AreUsedOneAfterTheOther()
    {
        var cluster = new Cluster { DefaultAddressPool = { "10.20.0.0/28", "10.30.0.0/28" }, SubnetSize = 29 };
        Assert.True(_allocator.Configure(cluster));
        Assert.False(_allocator.Configure(cluster));
        Assert.Equal(
            ["10.20.0.0/29", "10.20.0.8/29", "10.30.0.0/29", "10.30.0.8/29"],
            Enumerable.Range(0, 4).Select(i => SubnetOf(Given(NetworkOf($"n{i}"))).Subnet));
        Refused("no subnet is free in the default address pools (10.20.0.0/28, 10.30.0.0/28 in subnets of /29)", NetworkOf("late"));
        _allocator.Release("n1");
        Assert.Equal("10.20.0.8/29", SubnetOf(Given(NetworkOf("late"))).Subnet);
    }

    [Fact]
    public void NET_2_ChosenSubnets_StepOverThoseOfUsers_AndAreNotReusedAtOnce()
    {
        Given(NetworkOf("a", Subnets("10.0.0.128/25", "10.0.1.0/24")));
        Assert.Equal("10.0.2.0/24", SubnetOf(Given(NetworkOf("b"))).Subnet);
        _allocator.Release("b");
        Assert.Equal("10.0.3.0/24", SubnetOf(Given(NetworkOf("b"))).Subnet);
    }

    [Fact]
    public void NET_2_IngressNetwork_HasRoomForEveryNode() =>
        Assert.Equal("10.0.0.0/16", SubnetOf(Given(NetworkOf("a", n => n.Spec.Ingress = true))).Subnet);

    [Fact]
    public void NET_2_Ipv6Settings_AreHandedOn_BesideAnIpv4Subnet()
    {
        var network = Given(NetworkOf("a", Config("fd00::/64", "fd00::1")));
        Assert.Equal(["10.0.0.0/24", "fd00::/64"], network.Ipam.Configs.Select(c => c.Subnet));
        Assert.Equal("4096", network.DriverState.Options[Ids]);
    }

    [Fact]
    public void NET_2_ReservedAddresses_AreGivenToNobody()
    {
        var network = Given(NetworkOf("a", n =>
        {
            Config("10.9.0.0/29", "")(n);
            n.Spec.Ipam.Configs[0].Reserved["router"] = "10.9.0.1";
        }));
        Assert.Equal("10.9.0.2", network.Ipam.Configs[0].Gateway);
        var addresses = NetworkAddresses.Of(network)!;
        Assert.Equal(["10.9.0.3/29", "10.9.0.4/29", "10.9.0.5/29", "10.9.0.6/29", null], Enumerable.Range(0, 5).Select(_ => addresses.TakeNext(AddressEnd.Low)));
        Assert.False(addresses.Release("10.9.0.2/29"));
        Assert.Equal("10.9.0.0/29: 4 of 4 in use", addresses.ToString());
    }

    [Fact]
    public void NET_2_RangeOfASubnet_IsWhereAddressesComeFrom_OthersCanBeAskedFor()
    {
        var network = Given(NetworkOf("a", n =>
        {
            Config("10.9.0.0/24", "")(n);
            n.Spec.Ipam.Configs[0].Range = "10.9.0.64/30";
        }));
        var addresses = NetworkAddresses.Of(network)!;
        Assert.Equal("10.9.0.64/24", addresses.TakeNext(AddressEnd.Low));
        Assert.Equal("10.9.0.67/24", addresses.TakeNext(AddressEnd.High));
        Assert.Equal("10.9.0.7/24", addresses.Take("10.9.0.7"));
        Assert.Null(addresses.Take("10.9.0.7/24"));
        Assert.Null(addresses.Take("10.8.0.7"));
        Assert.Null(addresses.Take("10.9.0.1"));
    }

    [Fact]
    public void NET_3_IdsThatUsersWant_AreGivenOnce()
    {
        var network = Given(NetworkOf("a", Vxlans("77,4096")));
        Assert.Equal("77", network.DriverState.Options[Ids]);
        Refused("VXLAN id 77 is in use", NetworkOf("b", Vxlans("77")));
        Assert.Equal("4096", Given(NetworkOf("c")).DriverState.Options[Ids]);
        _allocator.Release("a");
        Given(NetworkOf("b", Vxlans("77")));
        Refused("not a list of numbers", NetworkOf("d", Vxlans("16777216")));
    }

    [Fact]
    public void NET_3_OtherOptionsOfTheDriver_ReachItsState() =>
        Assert.Equal("", Given(NetworkOf("a", n => n.Spec.DriverConfig = new Driver { Name = "overlay", Options = { ["encrypted"] = "" } })).DriverState.Options["encrypted"]);

    private Network Given(Network network)
    {
        var (given, refusal) = _allocator.Allocate(network);
        Assert.Equal("", refusal);
        Assert.True(given!.IsAllocated());
        return given!;
    }

    private void Refused(string message, Network network)
    {
        var (given, refusal) = _allocator.Allocate(network);
        Assert.Null(given);
        Assert.Contains(message, refusal, StringComparison.Ordinal);
    }

    private static (string Subnet, string Gateway) SubnetOf(Network network) => (network.Ipam.Configs[0].Subnet, network.Ipam.Configs[0].Gateway);

    private static Network NetworkOf(string id, Action<Network>? change = null)
    {
        var network = new Network { Id = id, Spec = new NetworkSpec { Annotations = new Annotations { Name = id } } };
        change?.Invoke(network);
        return network;
    }

    private static Action<Network> Subnets(params string[] subnets) => n =>
        n.Spec.Ipam = new IPAMOptions { Configs = { subnets.Select(s => new IPAMConfig { Subnet = s }) } };

    private static Action<Network> Config(string subnet, string gateway) => n =>
        n.Spec.Ipam = new IPAMOptions { Configs = { new IPAMConfig { Subnet = subnet, Gateway = gateway } } };

    private static Action<Network> Vxlans(string ids) => n => n.Spec.DriverConfig = new Driver { Name = "overlay", Options = { [Ids] = ids } };

    private static (AddressBook Book, List<string> Freed) Book(params Network[] networks)
    {
        var freed = new List<string>();
        var book = new AddressBook(freed.Add);
        Assert.All(networks, n => Assert.True(book.SetNetwork(n.Id, n)));
        return (book, freed);
    }
}
