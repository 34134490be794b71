using Google.Protobuf;
using SwarmOrleans.Contracts;
using SwarmOrleans.Silo.Loops;
using SwarmOrleans.Store;
using SwarmOrleans.Testing;

namespace SwarmOrleans.Tests.Unit.Orchestration.Allocating;

/// <summary>The allocator's and the scheduler's loop on a real store, and what tests do with objects.</summary>
internal sealed class AllocatorWorld : IAsyncDisposable
{
    public const string IngressId = "ingress-net";

    private readonly TestStore _test = TestStore.Create();
    private CancellationTokenSource? _stop;
    private Task[] _loops = [];

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    public StoreView View => _test.Store.Current;

    /// <summary>Both loops lead.</summary>
    public void Start()
    {
        _stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        _loops =
        [
            new AllocatorLoop(_test.Store).RunAsync(1, _stop.Token),
            new SchedulerLoop(_test.Store, TimeProvider.System).RunAsync(1, _stop.Token),
        ];
    }

    public async Task StopAsync()
    {
        await _stop!.CancelAsync();
        foreach (var loop in _loops)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => loop);
        }

        _stop.Dispose();
        _loops = [];
    }

    public async Task RestartAsync()
    {
        await StopAsync();
        Start();
    }

    public Task CreateAsync(params IStoreObject[] items) => _test.CreateAsync(items);

    public async Task ChangeAsync<T>(string id, Action<T> change)
        where T : class, IStoreObject, IDeepCloneable<T>, new()
    {
        while (true)
        {
            var item = View.Find<T>(id)!.Clone();
            change(item);
            if ((await _test.Store.CommitAsync(new StoreTransaction().Update(item), Token)).IsCommitted)
            {
                return;
            }
        }
    }

    public async Task RemoveAsync<T>(string id)
        where T : class, IStoreObject, new() =>
        Assert.True((await _test.Store.CommitAsync(new StoreTransaction().Remove<T>(id), Token)).IsCommitted);

    /// <summary>Waits until that holds; a test that it never does for ends with the test's own time.</summary>
    public async Task<StoreView> UntilAsync(Func<StoreView, bool> condition)
    {
        var view = View;
        if (condition(view))
        {
            return view;
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
        limit.CancelAfter(TimeSpan.FromSeconds(20));
        await foreach (var batch in _test.Store.WatchAsync(view.Version, limit.Token))
        {
            if (condition(batch.View))
            {
                return batch.View;
            }
        }

        throw new InvalidOperationException("the feed has ended");
    }

    /// <summary>Waits until both loops have done what there was to do.</summary>
    public async Task SettleAsync()
    {
        var id = $"settled-{Guid.NewGuid():N}";
        await CreateAsync(
            NetworkOf(id, n => n.Spec.DriverConfig = new Driver { Name = "bridge" }),
            TaskOf(id, "", t => t.Spec.Placement = new Placement { Constraints = { "node.id==none" } }));
        await UntilAsync(v => v.Find<Network>(id)!.DriverState is not null && v.Find<SwarmTask>(id)!.Status.State == TaskState.Pending);
        await RemoveAsync<SwarmTask>(id);
        await RemoveAsync<Network>(id);
    }

    public Network Network(string id) => View.Find<Network>(id)!;

    public Service Service(string id) => View.Find<Service>(id)!;

    public SwarmTask Task(string id) => View.Find<SwarmTask>(id)!;

    public Node Node(string id) => View.Find<Node>(id)!;

    public static Network NetworkOf(string id, Action<Network>? change = null)
    {
        var network = new Network { Id = id, Spec = new NetworkSpec { Annotations = new Annotations { Name = id } } };
        change?.Invoke(network);
        return network;
    }

    public static Network Ingress() => NetworkOf(IngressId, n => n.Spec.Ingress = true);

    public static Service ServiceOf(string id, IEnumerable<string> networks, Action<Service>? change = null)
    {
        var service = new Service
        {
            Id = id,
            Spec = new ServiceSpec
            {
                Annotations = new Annotations { Name = id },
                Task = new TaskSpec { Container = new ContainerSpec { Image = "nginx" } },
                Replicated = new ReplicatedService { Replicas = 1 },
            },
        };
        service.Spec.Task.Networks.AddRange(networks.Select(n => new NetworkAttachmentConfig { Target = n }));
        change?.Invoke(service);
        return service;
    }

    public static SwarmTask TaskOf(string id, string serviceId, Action<SwarmTask>? change = null)
    {
        var task = new SwarmTask
        {
            Id = id,
            ServiceId = serviceId,
            Slot = 1,
            Spec = new TaskSpec { Container = new ContainerSpec { Image = "nginx" } },
            Status = new SwarmTaskStatus { State = TaskState.New, Message = "created" },
            DesiredState = TaskState.Running,
        };
        change?.Invoke(task);
        return task;
    }

    /// <summary>A task of the service as its reconciler makes it.</summary>
    public static SwarmTask TaskOf(string id, Service service) => TaskOf(id, service.Id, t =>
    {
        t.Spec = service.Spec.Task;
        t.Endpoint = service.Spec.Endpoint is { } spec ? new Endpoint { Spec = spec } : null;
    });

    public static Node NodeOf(string id) => new()
    {
        Id = id,
        Spec = new NodeSpec(),
        Status = new NodeStatus { State = NodeStatus.Types.State.Ready },
        Description = new NodeDescription(),
    };

    public async ValueTask DisposeAsync()
    {
        if (_loops.Length > 0)
        {
            await StopAsync();
        }

        await _test.DisposeAsync();
    }
}
