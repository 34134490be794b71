using SwarmOrleans.Contracts;
using SwarmOrleans.Control;
using SwarmOrleans.Store;
using SwarmOrleans.Tests.Unit.Store;
using static SwarmOrleans.Tests.Unit.Control.ControlWorld;

namespace SwarmOrleans.Tests.Unit.Control;

/// <summary>Ports of services in the store: given and refused in the transaction that writes the service.</summary>
public sealed class PublishedPortsTests : IAsyncDisposable
{
    private readonly ControlWorld _world = new();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task Ports_AreInTheEndpointAtOnce_AndStayOverUpdates()
    {
        await _world.CreateIngressAsync();
        var service = await _world.CreateServiceAsync("a", s => s.Endpoint = Ports(Port(0), Port(8081, PortConfig.Types.PublishMode.Host, 81)));
        Assert.Equal([30000U, 8081], Numbers(service));
        Assert.Equal(service.Spec.Endpoint, service.Endpoint.Spec);
        service = await _world.UpdateServiceAsync(service, s => s.Replicated.Replicas = 3);
        Assert.Equal([30000U, 8081], Numbers(service));
        service = await _world.UpdateServiceAsync(service, s => s.Endpoint.Ports.Add(Port(0, target: 82)));
        Assert.Equal([30000U, 8081, 30001], Numbers(service));
        service = await _world.UpdateServiceAsync(service, s => s.Endpoint = null);
        Assert.Null(service.Endpoint);
        var other = await _world.CreateServiceAsync("b", s => s.Endpoint = Ports(Port(30000)));
        Assert.Equal([30000U], Numbers(other));
    }

    [Fact]
    public async Task AT_PRT_5_SecondServiceMayTakeAnotherNumber_AThirdIsRefused()
    {
        await _world.CreateIngressAsync();
        await _world.CreateServiceAsync("a", s => s.Endpoint = Ports(Port(8080)));
        var b = await _world.CreateServiceAsync("b", s => s.Endpoint = Ports(Port(8081)));
        await InvalidAsync("port '8080' is already in use by service 'a'", () => _world.UpdateServiceAsync(b, s => s.Endpoint = Ports(Port(8080))));
        await _world.UpdateServiceAsync(b, s => s.Endpoint = Ports(Port(8082)));
        await InvalidAsync("as an ingress port", () => _world.CreateServiceAsync("c", s => s.Endpoint = Ports(Port(8082))));
        await _world.CreateServiceAsync("c", s => s.Endpoint = Ports(Port(8081)));
    }

    [Fact]
    public async Task PortOfARemovedService_IsHeldUntilItsTasksHaveStopped()
    {
        await _world.CreateIngressAsync();
        var service = await _world.CreateServiceAsync("a", s => s.Endpoint = Ports(Port(8080)));
        await _world.Services.RemoveAsync(service.Id, Stop);
        await InvalidAsync(
            "it is being removed: the port is free when its tasks have stopped", () => _world.CreateServiceAsync("b", s => s.Endpoint = Ports(Port(8080))));
        await _world.CommitAsync(new StoreTransaction().Remove(_world.Store.Current.Find<Service>(service.Id)!));
        await _world.CreateServiceAsync("b", s => s.Endpoint = Ports(Port(8080)));
    }

    [Fact]
    public async Task Rollback_ToAPortThatAnotherTook_IsRefused_ElseItIsTakenAgain()
    {
        await _world.CreateIngressAsync();
        var service = await _world.CreateServiceAsync("a", s => s.Endpoint = Ports(Port(8080)));
        service = await _world.UpdateServiceAsync(service, s => s.Endpoint = Ports(Port(8081)));
        var other = await _world.CreateServiceAsync("b", s => s.Endpoint = Ports(Port(8080)));
        await InvalidAsync("port '8080' is already in use by service 'b'", () => RollBackAsync(service));
        await _world.RemoveServiceAsync(other.Id);
        service = await RollBackAsync(service);
        Assert.Equal([8080U], Numbers(service));
    }

    [Fact]
    public async Task RacesOnTwoManagers_NoPortIsGivenTwice()
    {
        var (leaderLog, followerLog) = (new PairLog(isLeader: true), new PairLog(isLeader: false));
        var keyring = Keyring.Generate();
        await using var leader = Replica("m1", keyring, leaderLog);
        await using var follower = Replica("m2", keyring, followerLog);
        leaderLog.Replicas.AddRange([leader, follower]);
        followerLog.Replicas.Add(leader);
        await leader.CommitAsync(
            new StoreTransaction().Create(new Network { Id = "in", Spec = new NetworkSpec { Annotations = new Annotations { Name = "ingress" }, Ingress = true } }), Stop);
        SwarmOrleans.Control.Services[] managers =
        [
            new(leader, new RandomIdSource(new Random(1)), TimeProvider.System), new(follower, new RandomIdSource(new Random(2)), TimeProvider.System),
        ];

        // Held back, so that all are decided on a state in which no port is taken.
        var gate = new TaskCompletionSource();
        leaderLog.Gate = gate.Task;
        var fixedOnes = Enumerable.Range(0, 10).Select(i => managers[i % 2].CreateAsync(Spec($"fixed{i}", s => s.Endpoint = Ports(Port(8080))), Stop)).ToList();
        var dynamicOnes = Enumerable.Range(0, 10).Select(i => managers[i % 2].CreateAsync(Spec($"any{i}", s => s.Endpoint = Ports(Port(0), Port(0, target: 81))), Stop)).ToList();
        await Task.Delay(50, Stop);
        gate.SetResult();
        await Task.WhenAll(fixedOnes.Concat(dynamicOnes).Select(c => c.ContinueWith(_ => { }, Stop, TaskContinuationOptions.None, TaskScheduler.Default)));
        Assert.Equal(1, fixedOnes.Count(c => c.IsCompletedSuccessfully));
        Assert.All(fixedOnes.Where(c => c.IsFaulted), c => Assert.Contains("port '8080' is already in use", c.Exception!.InnerException!.Message, StringComparison.Ordinal));
        var numbers = dynamicOnes.SelectMany(c => Numbers(c.Result)).ToList();
        Assert.Equal((20, 20), (numbers.Count, numbers.Distinct().Count()));
        Assert.All(numbers, n => Assert.InRange(n, 30000U, 32767U));
    }

    [Fact]
    public void OnlyHostPorts_AreServedByAgents()
    {
        ServedPorts(Port(8080, PortConfig.Types.PublishMode.Host));
        var refusal = Assert.Throws<UseCaseException>(() => ServedPorts(Port(8080, PortConfig.Types.PublishMode.Host), Port(8081)));
        Assert.Equal(UseCaseError.Unimplemented, refusal.Error);
        Assert.StartsWith("endpoint.ports[1].publish_mode: ingress is not served", refusal.Message, StringComparison.Ordinal);
    }

    private static void ServedPorts(params PortConfig[] ports) =>
        SwarmOrleans.Control.Validation.ServedFeatures.Require(Spec(change: s => s.Endpoint = Ports(ports)));

    private Task<Service> RollBackAsync(Service service) =>
        _world.Services.UpdateAsync(service.Id, service.Meta.Version, service.Spec, UpdateServiceRequest.Types.Rollback.Previous, Stop);

    private static SwarmStore Replica(string id, Keyring keyring, PairLog log)
    {
        var store = new SwarmStore(new SwarmStoreOptions { ManagerId = id, BootId = $"{id}-boot", Keyring = keyring, TimeProvider = TimeProvider.System });
        store.Attach(log);
        return store;
    }

    private static uint[] Numbers(Service service) => [.. service.Endpoint.Ports.Select(p => p.PublishedPort)];

    private static EndpointSpec Ports(params PortConfig[] ports) => new() { Ports = { ports } };
}
