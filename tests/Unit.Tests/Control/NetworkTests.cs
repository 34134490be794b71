using SwarmOrleans.Contracts;
using SwarmOrleans.Control;
using SwarmOrleans.Orchestration;
using SwarmOrleans.Store;
using static SwarmOrleans.Tests.Unit.Control.ControlWorld;

namespace SwarmOrleans.Tests.Unit.Control;

/// <summary>Networks through the control API (API-28).</summary>
public sealed class NetworkTests : IAsyncDisposable
{
    private const string Predefined = "com.docker.swarm.predefined";

    private readonly ControlWorld _world = new();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Theory]
    [InlineData("", "", "", "subnet must be given")]
    [InlineData("bad", "", "", "invalid subnet")]
    [InlineData("10.1.0.0", "", "", "invalid subnet")]
    [InlineData("10.1.0.0/33", "", "", "invalid subnet")]
    [InlineData("1/8", "", "", "invalid subnet")]
    [InlineData("10.1.0.0/16", "bad", "", "invalid range")]
    [InlineData("10.1.0.0/16", "10.2.0.0/24", "", "does not contain range")]
    [InlineData("10.1.0.0/16", "10.0.0.0/8", "", "does not contain range")]
    [InlineData("10.1.0.0/16", "", "bad", "invalid gateway")]
    [InlineData("10.1.0.0/16", "", "10.2.0.1", "does not contain gateway")]
    public async Task AT_API_27_BadAddressSettings_AreRefused(string subnet, string range, string gateway, string message) => await InvalidAsync(
        message,
        () => CreateAsync(change: s => s.Ipam = new IPAMOptions { Configs = { new IPAMConfig { Subnet = subnet, Range = range, Gateway = gateway } } }));

    [Theory]
    [InlineData("10.1.0.0/16", "10.1.2.0/24", "10.1.0.1")]
    [InlineData("10.1.7.7/16", "", "")]
    [InlineData("fd00::/64", "fd00::/80", "fd00::1")]
    public async Task AT_API_27_GoodAddressSettings_AreAccepted(string subnet, string range, string gateway) => await CreateAsync(
        change: s => s.Ipam = new IPAMOptions { Configs = { new IPAMConfig { Subnet = subnet, Range = range, Gateway = gateway } } });

    [Fact]
    public async Task AT_API_28_NetworksThatCannotBe_AreRefused()
    {
        await InvalidAsync("a network spec must be given", () => _world.Networks.CreateAsync(null, Stop));
        await InvalidAsync("name must be provided", () => CreateAsync(""));
        await InvalidAsync("ingress network cannot be attachable", () => CreateAsync(change: s => s.Ingress = s.Attachable = true));
        await RefusedAsync(UseCaseError.PermissionDenied, Predefined, () => CreateAsync(change: s => s.Annotations.Labels[Predefined] = "true"));
        await RefusedAsync(UseCaseError.Unimplemented, "only overlay", () => CreateAsync(change: s =>
        {
            s.Ingress = true;
            s.DriverConfig = new Driver { Name = "bridge" };
        }));
        await InvalidAsync("driver name", () => CreateAsync(change: s => s.DriverConfig = new Driver { Name = "invalid-must-never-exist" }));
        await InvalidAsync("driver name", () => CreateAsync(change: s => s.DriverConfig = new Driver()));
        await InvalidAsync("address management driver", () => CreateAsync(change: s => s.Ipam = new IPAMOptions { Driver = new Driver { Name = "other" } }));
        await CreateAsync("net");
        await RefusedAsync(UseCaseError.AlreadyExists, "network Net already exists", () => CreateAsync("Net"));
    }

    [Theory]
    [InlineData("overlay")]
    [InlineData("bridge")]
    [InlineData("weave")]
    public async Task AT_NET_14_OnlyDriversThatAreKnown_AreAccepted(string driver)
    {
        Task<Network> Create() => CreateAsync("net", s => s.DriverConfig = new Driver { Name = driver });
        if (driver != "weave")
        {
            Assert.Equal(driver, (await Create()).Spec.DriverConfig.Name);
            return;
        }

        await InvalidAsync("driver name: network driver weave is not known, only overlay", Create);
    }

    [Fact]
    public async Task AT_NET_15_UseOfAddresses_IsToldForAllocatedNetworks_WhenAskedFor()
    {
        var network = await CreateAsync();
        Assert.Null((await _world.Networks.GetWithUsageAsync(network.Id, Stop)).Extra);
        var allocated = new NetworkAllocator().Allocate(network).Network!;
        await _world.CommitAsync(new StoreTransaction().Update(allocated));
        var task = TaskOf(await _world.CreateServiceAsync(), "t1", TaskState.Running);
        task.Networks.Add(new NetworkAttachment { Network = network, Addresses = { "10.0.0.7/24" } });
        await _world.CreateAsync(task, new Node { Id = "n1", Attachments = { new NetworkAttachment { Network = network, Addresses = { "10.0.0.9/24" } } } });
        var usage = (await _world.Networks.GetWithUsageAsync(network.Id, Stop)).Extra.Unpack<AddressUsage>();
        Assert.Equal([new SubnetUsage { Subnet = "10.0.0.0/24", Capacity = 253, InUse = 2 }], usage.Subnets);
        Assert.Null((await _world.Networks.GetAsync(network.Id, Stop)).Extra);
    }

    [Fact]
    public async Task AT_API_28_ThereIsOneIngressNetwork()
    {
        var ingress = await _world.CreateIngressAsync();
        await RefusedAsync(
            UseCaseError.AlreadyExists, $"ingress network ({ingress.Id}) is already present", () => CreateAsync("other", s => s.Ingress = true));
        await _world.Networks.RemoveAsync(ingress.Id, Stop);
        await CreateAsync("other", s => s.Ingress = true);
    }

    [Fact]
    public async Task TwoCreatesOfAnIngressNetwork_OnlyOneIsCommitted()
    {
        var creates = Enumerable.Range(0, 8).Select(i => CreateAsync($"n{i}", s => s.Ingress = true)).ToList();
        await Task.WhenAny(Task.WhenAll(creates));
        Assert.Equal(1, creates.Count(c => c.IsCompletedSuccessfully));
        Assert.Equal(1, _world.Store.Current.Count<Network>());
    }

    [Fact]
    public async Task AT_API_28_Remove_NeedsAnIdThatExists()
    {
        await InvalidAsync("network_id", () => _world.Networks.RemoveAsync("", Stop));
        await RefusedAsync(UseCaseError.NotFound, "network nothing not found", () => _world.Networks.RemoveAsync("nothing", Stop));
        var network = await CreateAsync();
        await _world.Networks.RemoveAsync(network.Id, Stop);
        await RefusedAsync(UseCaseError.NotFound, "not found", () => _world.Networks.GetAsync(network.Id, Stop));
        await InvalidAsync("network_id", () => _world.Networks.GetAsync("", Stop));
    }

    [Fact]
    public async Task AT_API_28_NetworkOfAService_IsNotRemoved()
    {
        var network = await CreateAsync();
        var service = await _world.CreateServiceAsync(change: s => s.Task.Networks.Add(new NetworkAttachmentConfig { Target = network.Id }));
        await RefusedAsync(UseCaseError.FailedPrecondition, $"is in use by service {service.Id}", () => _world.Networks.RemoveAsync(network.Id, Stop));
        var result = await _world.Store.CommitAsync(
            new StoreTransaction().RequireUnreferenced(ObjectKind.Network, network.Id).Remove<Network>(network.Id), Stop);
        Assert.Equal(ConflictReason.StillReferenced, result.Conflict!.Reason);
        await _world.RemoveServiceAsync(service.Id);
        await _world.Networks.RemoveAsync(network.Id, Stop);
    }

    [Fact]
    public async Task AT_API_28_NetworkOfALiveTask_IsNotRemoved_OfADeadOneItIs()
    {
        var network = await CreateAsync();
        var service = await _world.CreateServiceAsync();
        var task = TaskOf(service, "t1", TaskState.Running);
        task.Networks.Add(new NetworkAttachment { Network = network });
        await _world.CreateAsync(task);
        await RefusedAsync(UseCaseError.FailedPrecondition, "is in use by task t1", () => _world.Networks.RemoveAsync(network.Id, Stop));
        var ended = _world.Store.Current.Find<SwarmTask>("t1")!.Clone();
        ended.Status.State = TaskState.Shutdown;
        await _world.CommitAsync(new StoreTransaction().Update(ended));
        await _world.Networks.RemoveAsync(network.Id, Stop);
    }

    [Fact]
    public async Task AT_API_28_PredefinedNetwork_IsNotRemoved()
    {
        var spec = new NetworkSpec { Annotations = new Annotations { Name = "host", Labels = { [Predefined] = "true" } } };
        await _world.CreateAsync(new Network { Id = "n1", Spec = spec });
        await RefusedAsync(UseCaseError.FailedPrecondition, "predefined", () => _world.Networks.RemoveAsync("n1", Stop));
    }

    [Fact]
    public async Task AT_API_28_IngressNetwork_StaysWhileAServiceHasAnIngressPort()
    {
        var ingress = await _world.CreateIngressAsync();
        var service = await _world.CreateServiceAsync(change: s => s.Endpoint = new EndpointSpec { Ports = { Port(0) } });
        await RefusedAsync(UseCaseError.FailedPrecondition, $"service {service.Id} depends on it", () => _world.Networks.RemoveAsync(ingress.Id, Stop));
        await _world.UpdateServiceAsync(service, s => s.Endpoint.Ports[0].PublishMode = PortConfig.Types.PublishMode.Host);
        await _world.Networks.RemoveAsync(ingress.Id, Stop);
    }

    [Fact]
    public async Task AT_API_28_Lists_AreFiltered()
    {
        var one = await CreateAsync("one", s => s.Annotations.Labels["a"] = "b");
        await CreateAsync("two");
        await IsAsync(["one", "two"], null);
        await IsAsync(["one"], new() { Names = { "one", "other" } });
        await IsAsync(["one"], new() { IdPrefixes = { one.Id[..9] } });
        await IsAsync(["two"], new() { NamePrefixes = { "t" } });
        await IsAsync(["one"], new() { Labels = { ["a"] = "b" } });
        await IsAsync([], new() { Names = { "two" }, Labels = { ["a"] = "b" } });
    }

    private async Task IsAsync(string[] names, ListNetworksRequest.Types.Filters? filters) =>
        Assert.Equal(names, (await _world.Networks.ListAsync(filters, Stop)).Select(n => n.Spec.Annotations.Name).Order());

    private Task<Network> CreateAsync(string name = "net", Action<NetworkSpec>? change = null)
    {
        var spec = new NetworkSpec { Annotations = new Annotations { Name = name } };
        change?.Invoke(spec);
        return _world.Networks.CreateAsync(spec, Stop);
    }
}
