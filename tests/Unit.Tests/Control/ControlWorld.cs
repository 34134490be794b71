using Microsoft.Extensions.Time.Testing;
using SwarmOrleans.Contracts;
using SwarmOrleans.Control;
using SwarmOrleans.Control.Watching;
using SwarmOrleans.Store;
using SwarmOrleans.Testing;
using UseCases = SwarmOrleans.Control;

namespace SwarmOrleans.Tests.Unit.Control;

/// <summary>The use cases on a store of one manager.</summary>
internal sealed class ControlWorld : IAsyncDisposable, IManagerHealth
{
    private readonly TestStore _test;

    public ControlWorld()
    {
        _test = TestStore.Create(Time);
        var ids = new RandomIdSource(new Random(7));
        Services = new UseCases.Services(Store, ids, Time);
        Rollouts = new UseCases.ServiceRollouts(Store, Time);
        Tasks = new UseCases.Tasks(Store);
        Explanations = new UseCases.Explanations(Store, Time);
        Nodes = new UseCases.Nodes(Store, this, Time);
        Clusters = new UseCases.Clusters(Store, Time);
        Networks = new UseCases.Networks(Store, ids);
        Secrets = new UseCases.Secrets(Store, ids);
        Configs = new UseCases.Configs(Store, ids);
        Volumes = new UseCases.Volumes(Store, ids);
        Extensions = new UseCases.Extensions(Store, ids);
        Resources = new UseCases.ExtensionResources(Store, ids);
        Watches = new Watches(Store);
    }

    public static CancellationToken Stop => TestContext.Current.CancellationToken;

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));

    public SwarmStore Store => _test.Store;

    public UseCases.Services Services { get; }

    public UseCases.ServiceRollouts Rollouts { get; }

    public UseCases.Tasks Tasks { get; }

    public UseCases.Explanations Explanations { get; }

    public UseCases.Nodes Nodes { get; }

    public UseCases.Clusters Clusters { get; }

    public UseCases.Networks Networks { get; }

    public UseCases.Secrets Secrets { get; }

    public UseCases.Configs Configs { get; }

    public UseCases.Volumes Volumes { get; }

    public UseCases.Extensions Extensions { get; }

    public UseCases.ExtensionResources Resources { get; }

    public Watches Watches { get; }

    public HashSet<string> Unreachable { get; } = [];

    public string? LeaderAddress { get; set; }

    public Task<GroupHealth> ObserveAsync(CancellationToken cancellationToken) => Task.FromResult(new GroupHealth(LeaderAddress, Unreachable));

    public Task<StoreView> CreateAsync(params IStoreObject[] items) => _test.CreateAsync(items);

    /// <summary>Removes a service that has no tasks: its reconciler, which is not here, would let it go at once.</summary>
    public async Task RemoveServiceAsync(string id)
    {
        await Services.RemoveAsync(id, Stop);
        await CommitAsync(new StoreTransaction().Remove(Store.Current.Find<Service>(id)!));
    }

    public async Task CommitAsync(StoreTransaction transaction) => Assert.True((await Store.CommitAsync(transaction, Stop)).IsCommitted);

    /// <summary>The call is refused with that code, and the message says that.</summary>
    public static async Task RefusedAsync(UseCaseError error, string message, Func<Task> call)
    {
        var refusal = await Assert.ThrowsAsync<UseCaseException>(call);
        Assert.Equal((error, true), (refusal.Error, refusal.Message.Contains(message, StringComparison.Ordinal)));
        Assert.Contains(message, refusal.Message, StringComparison.Ordinal);
    }

    public static Task InvalidAsync(string message, Func<Task> call) => RefusedAsync(UseCaseError.InvalidArgument, message, call);

    public static ServiceSpec Spec(string name = "web", Action<ServiceSpec>? change = null)
    {
        var spec = new ServiceSpec
        {
            Annotations = new Annotations { Name = name },
            Task = new TaskSpec { Container = new ContainerSpec { Image = "nginx:1" } },
            Replicated = new ReplicatedService { Replicas = 1 },
        };
        change?.Invoke(spec);
        return spec;
    }

    public static PortConfig Port(uint published, PortConfig.Types.PublishMode mode = PortConfig.Types.PublishMode.Ingress, uint target = 80) =>
        new() { PublishedPort = published, TargetPort = target, PublishMode = mode };

    public Task<Service> CreateServiceAsync(string name = "web", Action<ServiceSpec>? change = null) => Services.CreateAsync(Spec(name, change), Stop);

    public Task<Service> UpdateServiceAsync(Service service, Action<ServiceSpec> change)
    {
        var spec = service.Spec.Clone();
        change(spec);
        return Services.UpdateAsync(service.Id, service.Meta.Version, spec, UpdateServiceRequest.Types.Rollback.None, Stop);
    }

    public Task<Network> CreateIngressAsync() =>
        Networks.CreateAsync(new NetworkSpec { Annotations = new Annotations { Name = "ingress" }, Ingress = true }, Stop);

    public Task<Secret> CreateSecretAsync(string name, string data = "hidden") => Secrets.CreateAsync(
        new SecretSpec { Annotations = new Annotations { Name = name }, Data = Google.Protobuf.ByteString.CopyFromUtf8(data) }, Stop);

    public Task<Config> CreateConfigAsync(string name, string data = "shown") => Configs.CreateAsync(
        new ConfigSpec { Annotations = new Annotations { Name = name }, Data = Google.Protobuf.ByteString.CopyFromUtf8(data) }, Stop);

    public static SwarmTask TaskOf(Service service, string id, TaskState state, TaskState desired = TaskState.Running, string nodeId = "", ulong slot = 1) => new()
    {
        Id = id,
        ServiceId = service.Id,
        ServiceAnnotations = service.Spec.Annotations,
        Spec = service.Spec.Task,
        SpecVersion = service.SpecVersion,
        NodeId = nodeId,
        Slot = slot,
        DesiredState = desired,
        Status = new SwarmTaskStatus { State = state },
    };

    public ValueTask DisposeAsync() => _test.DisposeAsync();
}
