using Microsoft.Extensions.Logging.Abstractions;
using SwarmOrleans.Contracts;
using SwarmOrleans.Silo.Dispatching;
using SwarmOrleans.Silo.Loops;
using SwarmOrleans.Silo.Membership;
using SwarmOrleans.Silo.Reconciling;
using SwarmOrleans.Store;
using SwarmOrleans.Tests.Simulation.Consensus;

namespace SwarmOrleans.Tests.Simulation.World;

/// <summary>A manager without Orleans, gRPC and disk: the same store, dispatcher, leader loops and reconcilers.</summary>
internal sealed class SimManager(SimWorld world, string id)
{
    private CancellationTokenSource _life = new();

    public string Id => id;

    public SimLog Log { get; private set; } = null!;

    public SwarmStore Store { get; private set; } = null!;

    public DispatcherCore Dispatcher { get; private set; } = null!;

    public bool IsUp { get; private set; }

    /// <summary>Cancelled when the process ends.</summary>
    public CancellationToken Life => _life.Token;

    public void Start()
    {
        _life = new CancellationTokenSource();
        IsUp = true;
        Store = new SwarmStore(new SwarmStoreOptions
        {
            ManagerId = id,
            BootId = world.Ids.NewId(),
            Keyring = world.Keyring,
            TimeProvider = world.Time,
        });
        Log = new SimLog(world.Group, id);
        Log.Start(Store);
        Store.Attach(Log);
        Dispatcher = new DispatcherCore(Store, world.Ids, new DispatcherOptions { TimeProvider = world.Time, Random = world.Group.Random });
        var services = new ServiceRunner(Store, world.Ids, world.Time);
        var nodes = new NodeRunner(Store, world.Time);
        var waker = new Waker(
            Store,
            new RendezvousOwnership(id),
            (key, token) => key.StartsWith(Waker.NodePrefix, StringComparison.Ordinal)
                ? nodes.ReconcileAsync(key[Waker.NodePrefix.Length..], token)
                : services.ReconcileAsync(key, token),
            world.Time,
            NullLogger<Waker>.Instance);
        var loops = new LeaderLoops(
            Store,
            [
                new AllocatorLoop(Store),
                new SchedulerLoop(Store, world.Time),
                new ConstraintEnforcerLoop(Store, world.Time),
                new VolumeEnforcerLoop(Store),
                new ReaperLoop(Store),
                new NetworkReaperLoop(Store),
                new NodeMonitorLoop(Store, IsReachable, world.Time),
                new SimMembership(Store, world, IsReachable),
            ],
            world.Time,
            NullLogger<LeaderLoops>.Instance);
        world.Watch(RunUnlessEndedAsync(EnterAsync));
        world.Watch(RunUnlessEndedAsync(Dispatcher.RunAsync));
        world.Watch(RunUnlessEndedAsync(waker.RunAsync));
        world.Watch(RunUnlessEndedAsync(loops.RunAsync));
    }

    /// <summary>The process is killed.</summary>
    public void Crash()
    {
        IsUp = false;
        world.Group.Crash(Log);
        _life.Cancel();
        world.Watch(Store.DisposeAsync().AsTask());
    }

    private bool IsReachable(string address) => world.Managers[address] is { IsUp: true } other && world.Group.Connected(Log, other.Log);

    private async Task RunUnlessEndedAsync(Func<CancellationToken, Task> run)
    {
        var life = _life.Token;
        try
        {
            await run(life);
        }
        catch (OperationCanceledException) when (life.IsCancellationRequested)
        {
            // Killed.
        }
    }

    // The rows that a manager and its silo write, again whenever the silo was declared dead meanwhile.
    private async Task EnterAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var view = Store.Current;
            if (view.Cluster is not null)
            {
                if (view.Find<Manager>(id)?.BootId != Store.BootId)
                {
                    var row = view.Find<Manager>(id)?.Clone() ?? new Manager { Id = id, Addr = id, SiloAddr = id, RaftId = 1 };
                    var isNew = row.Meta is null;
                    row.BootId = Store.BootId;
                    await Store.CommitAsync(isNew ? new StoreTransaction().Create(row) : new StoreTransaction().Update(row), cancellationToken);
                }
                else if (SimMembership.ActiveRow(view, id) is not { } active)
                {
                    await Store.CommitAsync(
                        new StoreTransaction().Create(SimMembership.NewRow(world.Ids.NewId(), id, Store.BootId, world.Time)), cancellationToken);
                }
                else if (active.HostName != Store.BootId)
                {
                    await Store.CommitAsync(new StoreTransaction().Update(SimMembership.Dead(active)), cancellationToken);
                }
            }

            await Task.Delay(TimeSpan.FromMilliseconds(300), world.Time, cancellationToken);
        }
    }
}
