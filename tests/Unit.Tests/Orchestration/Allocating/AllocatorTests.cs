using SwarmOrleans.Contracts;
using SwarmOrleans.Store;
using static SwarmOrleans.Tests.Unit.Orchestration.Allocating.AllocatorWorld;

namespace SwarmOrleans.Tests.Unit.Orchestration.Allocating;

/// <summary>Networks, virtual IPs and addresses, by the loops that give them.</summary>
public sealed class AllocatorTests : IAsyncDisposable
{
    private readonly AllocatorWorld _world = new();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task AT_ALO_1_WhatWasThereBefore_AndWhatComesLater_IsAllocated()
    {
        await _world.CreateAsync(NodeOf("node"), NetworkOf("a"), ServiceOf("sa", ["a"]), TaskOf("ta", ServiceOf("sa", ["a"])));
        _world.Start();
        await _world.CreateAsync(NetworkOf("b"), ServiceOf("sb", ["b", "a"]), TaskOf("tb", ServiceOf("sb", ["b", "a"])));
        await PlacedAsync("ta", "tb");
        Assert.Equal(["a", "b"], _world.Service("sb").Endpoint.VirtualIps.Select(v => v.NetworkId).Order());
        Assert.Equal(["b", "a"], _world.Task("tb").Networks.Select(n => n.Network.Id));
        Assert.Equal(_world.Service("sb").Endpoint, _world.Task("tb").Endpoint);
        Assert.All(_world.Task("tb").Networks, n => Assert.Equal(_world.Network(n.Network.Id), n.Network));
        AllDifferent();
    }

    [Fact]
    public async Task AT_ALO_1_NodeLocalNetwork_GivesNoAddresses()
    {
        _world.Start();
        var service = ServiceOf("s", ["bridge"]);
        await _world.CreateAsync(NodeOf("node"), NetworkOf("bridge", n => n.Spec.DriverConfig = new Driver { Name = "bridge" }), service, TaskOf("t", service));
        await PlacedAsync("t");
        await _world.SettleAsync();
        Assert.Equal("bridge", Assert.Single(_world.Task("t").Networks).Network.DriverState.Name);
        Assert.Empty(_world.Task("t").Networks[0].Addresses);
        Assert.Null(_world.Service("s").Endpoint);
        Assert.Empty(_world.Node("node").Attachments);
    }

    [Fact]
    public async Task AT_ALO_1_TaskWhoseNetworkIsNotThereYet_Waits_AndSaysForWhat()
    {
        _world.Start();
        var service = ServiceOf("s", ["late"]);
        await _world.CreateAsync(NodeOf("node"), service, TaskOf("t", service));
        await _world.UntilAsync(v => v.Find<SwarmTask>("t")!.Status is { State: TaskState.New, Err: "waiting for a network: network late does not exist" });
        await _world.UntilAsync(v => v.Find<Service>("s")!.WaitsFor == "network late does not exist");
        await _world.CreateAsync(NetworkOf("late"));
        await PlacedAsync("t");
        Assert.Equal("", _world.Service("s").WaitsFor);
    }

    [Fact]
    public async Task AT_ALO_1_TaskWithoutNetwork_IsPlaced()
    {
        _world.Start();
        await _world.CreateAsync(NodeOf("node"), ServiceOf("s", []), TaskOf("t", ServiceOf("s", [])));
        await PlacedAsync("t");
        Assert.Empty(_world.Task("t").Networks);
        Assert.Null(_world.Service("s").Endpoint);
    }

    [Fact]
    public async Task AT_ALO_1_UpdateOfWhatIsAllocated_CausesNoFurtherWrite()
    {
        _world.Start();
        await ServiceWithTaskAsync();
        await _world.ChangeAsync<Service>("s", s => s.Spec.Annotations.Labels["a"] = "b");
        await _world.ChangeAsync<Network>("a", n => n.Spec.Annotations.Labels["a"] = "b");
        await _world.ChangeAsync<SwarmTask>("t", t => t.Status.State = TaskState.Running);
        var before = _world.View;
        await _world.SettleAsync();
        Assert.Same(before.Find<Service>("s"), _world.Service("s"));
        Assert.Same(before.Find<Network>("a"), _world.Network("a"));
        Assert.Same(before.Find<SwarmTask>("t"), _world.Task("t"));
        Assert.Same(before.Find<Node>("node"), _world.Node("node"));
    }

    [Fact]
    public async Task AT_ALO_1_ServiceWithoutEndpointSpec_GivesBackWhatThatAskedFor()
    {
        _world.Start();
        await _world.CreateAsync(Ingress(), ServiceOf("s", [], PublishesAPort));
        await _world.UntilAsync(v => v.Find<Service>("s")!.Endpoint?.VirtualIps.Count == 1);
        await _world.ChangeAsync<Service>("s", s => s.Spec.Endpoint = null);
        await _world.UntilAsync(v => v.Find<Service>("s")!.Endpoint is null);
    }

    [Fact]
    public async Task AT_ALO_1_ConflictOfVxlanIds_BlocksTheSecondNetworkAndItsTask_UntilTheFirstIsGone()
    {
        _world.Start();
        static void Wants77(Network n) => n.Spec.DriverConfig = new Driver { Name = "overlay", Options = { [SwarmOrleans.Orchestration.NetworkFacts.VxlanIdsOption] = "77" } };
        await _world.CreateAsync(NodeOf("node"), NetworkOf("a", Wants77));
        await _world.UntilAsync(v => v.Find<Network>("a")!.DriverState is not null);
        var service = ServiceOf("s", ["b"]);
        await _world.CreateAsync(NetworkOf("b", Wants77), service, TaskOf("t", service));
        const string Reason = "VXLAN id 77 is in use by another network";
        await _world.UntilAsync(v => v.Find<Network>("b")!.WaitsFor == Reason
            && v.Find<SwarmTask>("t")!.Status.Err.StartsWith("waiting for a network: network b is not allocated yet", StringComparison.Ordinal));
        await _world.RemoveAsync<Network>("a");
        await PlacedAsync("t");
        Assert.Equal("", _world.Network("b").WaitsFor);
    }

    [Fact]
    public async Task AT_ALO_2_OverManyRestarts_NoAddressIsGivenTwice()
    {
        await _world.CreateAsync(NodeOf("node"), NetworkOf("a"), ServiceOf("s", ["a"]));
        _world.Start();
        for (var i = 0; i < 100; i++)
        {
            await _world.CreateAsync(TaskOf($"t{i}", ServiceOf("s", ["a"])));
            await PlacedAsync($"t{i}");
            await _world.RestartAsync();
        }

        AllDifferent();
    }

    [Fact]
    public Task AT_ALO_3_AfterARestart_NoTaskGetsTheAddressOfAService() => RestartAsync(s => s.Spec.Endpoint = new EndpointSpec());

    [Fact]
    public Task AT_ALO_4_AfterARestart_ServicesWithoutEndpointSpecAreTheSame_AndNoTaskGetsTheirAddresses() => RestartAsync(_ => { });

    [Fact]
    public async Task AT_ALO_5_AllocatedNetworks_AreKnown_BeforeOthersTakeSubnets()
    {
        _world.Start();
        await _world.CreateAsync(NetworkOf("z"));
        await _world.UntilAsync(v => v.Find<Network>("z")!.Ipam is not null);
        await _world.StopAsync();
        await _world.CreateAsync([.. Enumerable.Range(0, 20).Select(i => NetworkOf($"n{i}"))]);
        _world.Start();
        await _world.UntilAsync(v => v.All<Network>().All(n => n.Ipam is not null));
        Assert.Equal("10.0.0.0/24", _world.Network("z").Ipam.Configs[0].Subnet);
        Assert.Equal(21, _world.View.All<Network>().Select(n => n.Ipam.Configs[0].Subnet).Distinct().Count());
    }

    [Fact]
    public async Task AT_ALO_6_NodesGetAddresses_InIngressAndTheNetworksOfTheirTasks_AndLoseThemWithTheLast()
    {
        _world.Start();
        var local = NetworkOf("local", n => n.Spec.DriverConfig = new Driver { Name = "bridge" });
        await _world.CreateAsync(Ingress(), NetworkOf("used"), NetworkOf("unused"), local, NodeOf("node"), ServiceOf("s", ["used", "local"]));
        await _world.UntilAsync(v => Attached(v, "node", IngressId));
        await _world.CreateAsync(TaskOf("t1", ServiceOf("s", ["used", "local"])), TaskOf("t2", ServiceOf("s", ["used", "local"])));
        await PlacedAsync("t1", "t2");
        await _world.UntilAsync(v => Attached(v, "node", IngressId, "used"));
        await _world.CreateAsync(NodeOf("other"));
        await _world.UntilAsync(v => Attached(v, "other", IngressId));
        AllDifferent();

        var address = AddressOf("node", "used");
        await _world.ChangeAsync<SwarmTask>("t1", t => t.Status.State = TaskState.Shutdown);
        await _world.SettleAsync();
        Assert.Equal(address, AddressOf("node", "used"));
        await _world.RemoveAsync<SwarmTask>("t2");
        await _world.UntilAsync(v => Attached(v, "node", IngressId));

        var key = StoreKeys.Address(IngressId, AddressOf("node", IngressId));
        Assert.True(IsTaken(key));
        await _world.RemoveAsync<Node>("node");
        Assert.False(IsTaken(key));
    }

    [Fact]
    public async Task AT_ALO_7_HalfAllocatedNode_IsCompletedByTheNextLeader()
    {
        _world.Start();
        await _world.CreateAsync(Ingress(), NetworkOf("a"), NodeOf("node"), ServiceOf("s", ["a"]), TaskOf("t", ServiceOf("s", ["a"])));
        await _world.UntilAsync(v => Attached(v, "node", "a", IngressId));
        var address = AddressOf("node", IngressId);
        await _world.StopAsync();
        await _world.ChangeAsync<Node>("node", n =>
        {
            n.Attachments.Remove(n.Attachments.First(a => a.Network.Id == "a"));
        });
        _world.Start();
        await _world.UntilAsync(v => Attached(v, "node", "a", IngressId));
        Assert.Equal(address, AddressOf("node", IngressId));
    }

    [Fact]
    public async Task AT_ALO_10_PortTakenBackAndPublishedAgain_GetsAnotherVirtualIp()
    {
        _world.Start();
        await _world.CreateAsync(Ingress(), NetworkOf("a"), ServiceOf("s", ["a"], PublishesAPort));
        var first = VipOf(await _world.UntilAsync(v => VipOf(v, IngressId) is not null), IngressId);
        var other = VipOf(_world.View, "a");
        await _world.ChangeAsync<Service>("s", s => s.Spec.Endpoint = null);
        await _world.UntilAsync(v => VipOf(v, IngressId) is null);
        await _world.ChangeAsync<Service>("s", PublishesAPort);
        var second = VipOf(await _world.UntilAsync(v => VipOf(v, IngressId) is not null), IngressId);
        Assert.NotEqual(first, second);
        Assert.Equal(other, VipOf(_world.View, "a"));
    }

    [Fact]
    public async Task AT_NET_10_Service_GetsOneVirtualIpInItsSubnet_NoPorts_AndACopyOfItsEndpointSpec()
    {
        _world.Start();
        await _world.CreateAsync(NetworkOf("a"), ServiceOf("s", ["a"], s => s.Spec.Endpoint = new EndpointSpec()));
        var view = await _world.UntilAsync(v => VipOf(v, "a") is not null);
        var endpoint = view.Find<Service>("s")!.Endpoint;
        var subnet = Subnet.TryParse(view.Find<Network>("a")!.Ipam.Configs[0].Subnet)!.Value;
        Assert.True(subnet.Contains(Subnet.TryParseAddress(Assert.Single(endpoint.VirtualIps).Addr)!.Value));
        Assert.Empty(endpoint.Ports);
        Assert.Equal(new EndpointSpec(), endpoint.Spec);
    }

    [Fact]
    public async Task AT_NET_11_IngressAddressOfARemovedService_CanBeHadAgain()
    {
        _world.Start();
        var small = Ingress();
        small.Spec.Ipam = new IPAMOptions { Configs = { new IPAMConfig { Subnet = "10.9.0.0/30" } } };
        await _world.CreateAsync(small, ServiceOf("s", [], PublishesAPort));
        var only = VipOf(await _world.UntilAsync(v => VipOf(v, IngressId) is not null), IngressId);
        await _world.CreateAsync(ServiceOf("next", [], PublishesAPort));
        await _world.UntilAsync(v => v.Find<Service>("next")!.WaitsFor.StartsWith("no address is free in network", StringComparison.Ordinal));
        await _world.RemoveAsync<Service>("s");
        var view = await _world.UntilAsync(v => v.Find<Service>("next")!.Endpoint?.VirtualIps.Count == 1);
        Assert.Equal(only, view.Find<Service>("next")!.Endpoint.VirtualIps[0].Addr);
        Assert.Equal("", view.Find<Service>("next")!.WaitsFor);
    }

    [Fact]
    public void AT_NET_12_ServiceThatChangesItsNetworks_GetsAndGivesBackVirtualIps_StepByStep()
    {
        var allocator = new SwarmOrleans.Orchestration.Allocator();
        foreach (var id in (string[])["a", "b"])
        {
            allocator.SetNetwork(id, NetworkOf(id));
            allocator.SetNetwork(id, (Network)allocator.Plan().Single(d => d.Item.Id == id).Item);
        }

        Service? stored = null;
        foreach (var networks in (string[][])[["a"], ["a", "b"], ["b"], [], ["a"]])
        {
            var changed = ServiceOf("s", networks);
            changed.Endpoint = stored?.Endpoint;
            allocator.SetService(stored, changed);
            Assert.True(allocator.HasWork);
            var allocated = (Service)Assert.Single(allocator.Plan()).Item;
            allocator.SetService(changed, allocated);
            Assert.Empty(allocator.Plan());
            Assert.Equal(networks, (allocated.Endpoint?.VirtualIps ?? []).Select(v => v.NetworkId));
            Assert.Equal(networks.Length, allocator.InUse("a") + allocator.InUse("b"));
            stored = allocated;
        }
    }

    [Fact]
    public async Task ALO_8_TasksThatFindNoAddress_Wait_AndGetTheNextThatIsFree()
    {
        _world.Start();
        var service = ServiceOf("s", ["a"], s => s.Spec.Endpoint = new EndpointSpec { Mode = EndpointSpec.Types.ResolutionMode.Dnsrr });
        var small = NetworkOf("a", n => n.Spec.Ipam = new IPAMOptions { Configs = { new IPAMConfig { Subnet = "10.9.0.0/29" } } });
        await _world.CreateAsync(small, NodeOf("node"), service);
        await _world.UntilAsync(v => v.Find<Network>("a")!.Ipam is not null);
        await _world.CreateAsync([.. Enumerable.Range(0, 8).Select(i => TaskOf($"t{i}", service))]);

        // Five addresses: the node's own for its load balancer, and four tasks'; or five tasks' while the node waits.
        const string Full = "no address is free in network a (10.9.0.0/29: 5 of 5 in use)";
        await _world.UntilAsync(v => v.All<SwarmTask>().Count(t => t.Status.Err == $"waiting for a network: {Full}") >= 3);
        await _world.SettleAsync();
        AllDifferent();
        for (var i = 0; i < 8; i++)
        {
            var placed = (await _world.UntilAsync(v => v.All<SwarmTask>().Any(t => t.Status.State == TaskState.Assigned))).All<SwarmTask>()
                .First(t => t.Status.State == TaskState.Assigned);
            await _world.RemoveAsync<SwarmTask>(placed.Id);
        }

        await _world.UntilAsync(v => v.Count<SwarmTask>() == 0 && v.Find<Node>("node") is { Attachments.Count: 0, WaitsFor: "" });
    }

    [Fact]
    public async Task NET_6_WantedAddress_IsGivenOnce_AndTheOtherTaskSaysSo()
    {
        _world.Start();
        var service = ServiceOf("s", ["a"], s => s.Spec.Task.Networks[0].Addresses.Add("10.0.0.77"));
        await _world.CreateAsync(NetworkOf("a"), NodeOf("node"), service, TaskOf("t1", service), TaskOf("t2", service));
        const string Reason = "waiting for a network: 10.0.0.77 is in use in network a, or not one of its addresses";
        await _world.UntilAsync(v => v.All<SwarmTask>().Any(t => t.Status.State == TaskState.Assigned) && v.All<SwarmTask>().Any(t => t.Status.Err == Reason));
        var placed = _world.View.All<SwarmTask>().Single(t => t.Status.State == TaskState.Assigned);
        Assert.Equal(["10.0.0.77/24"], placed.Networks[0].Addresses);
        await _world.ChangeAsync<SwarmTask>(placed.Id, t => t.Status.State = TaskState.Failed);
        await PlacedAsync(placed.Id == "t1" ? "t2" : "t1");
    }

    private static void PublishesAPort(Service service) =>
        service.Spec.Endpoint = new EndpointSpec { Ports = { new PortConfig { TargetPort = 80, PublishedPort = 8080 } } };

    private static bool Attached(StoreView view, string node, params string[] networks) =>
        view.Find<Node>(node)!.Attachments.Select(a => a.Network.Id).Order().SequenceEqual(networks.Order());

    private string AddressOf(string node, string network) => _world.Node(node).Attachments.Single(a => a.Network.Id == network).Addresses.Single();

    private static string? VipOf(StoreView view, string network) =>
        view.Find<Service>("s")!.Endpoint?.VirtualIps.FirstOrDefault(v => v.NetworkId == network)?.Addr;

    private bool IsTaken(string key) => _world.View.All<Node>().Any(n => HeldAddresses.Of(n).Any(a => StoreKeys.Address(a.NetworkId, a.Address) == key));

    private async Task PlacedAsync(params string[] tasks) =>
        await _world.UntilAsync(v => tasks.All(id => v.Find<SwarmTask>(id)!.Status.State == TaskState.Assigned));

    private async Task ServiceWithTaskAsync()
    {
        var service = ServiceOf("s", ["a"]);
        await _world.CreateAsync(NodeOf("node"), NetworkOf("a"), service, TaskOf("t", service));
        await PlacedAsync("t");
        await _world.UntilAsync(v => Attached(v, "node", "a"));
    }

    private async Task RestartAsync(Action<Service> change)
    {
        _world.Start();
        string[] ids = [.. Enumerable.Range(0, 10).Select(i => $"s{i}")];
        await _world.CreateAsync([NodeOf("node"), NetworkOf("a"), .. ids.Select(id => ServiceOf(id, ["a"], change))]);
        await _world.UntilAsync(v => ids.All(id => v.Find<Service>(id)!.Endpoint?.VirtualIps.Count == 1));
        await _world.StopAsync();
        var before = _world.View;
        await _world.CreateAsync([.. ids.Select(id => TaskOf($"t-{id}", _world.Service(id)))]);
        _world.Start();
        await PlacedAsync([.. ids.Select(id => $"t-{id}")]);
        Assert.All(ids, id => Assert.Same(before.Find<Service>(id), _world.Service(id)));
        AllDifferent();
    }

    private void AllDifferent()
    {
        IEnumerable<IStoreObject> all = [.. _world.View.All<Service>(), .. _world.View.All<Node>(), .. _world.View.All<SwarmTask>()];
        var held = all.SelectMany(HeldAddresses.Of).ToList();
        Assert.NotEmpty(held);
        Assert.Equal(held.Count, held.Distinct().Count());
    }
}
