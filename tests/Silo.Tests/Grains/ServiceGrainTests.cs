using Orleans;
using Orleans.Runtime;
using SwarmOrleans.Contracts;
using SwarmOrleans.Silo.Grains;
using SwarmOrleans.Silo.Reconciling;
using SwarmOrleans.Store;
using SwarmOrleans.Testing;

namespace SwarmOrleans.Tests.Silo.Grains;

public sealed class ServiceGrainTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task TwoActivationsAtOnce_TheSecondConflictsOnTheProgress_AndNothingIsMadeTwice()
    {
        await using var test = TestStore.Create();
        await test.CreateAsync(Samples.NewCluster(), Samples.NewService("web", replicas: 3));

        // Two silos that know nothing of each other, as when the directory is wrong for a moment.
        var store = new RacingStore(test.Store, racers: 2);
        await using var one = await GrainCluster.StartAsync(1, store, TimeProvider.System);
        await using var other = await GrainCluster.StartAsync(1, store, TimeProvider.System);
        var results = await Task.WhenAll(Web(one).ReconcileAsync(), Web(other).ReconcileAsync());

        Assert.All(results, r => Assert.True(r.Version > 0));
        var lost = Assert.Single(store.Results, r => !r.IsCommitted);
        Assert.Equal((ObjectKind.ServiceProgress, ConflictReason.AlreadyExists), (lost.Conflict!.Kind, lost.Conflict.Reason));
        Assert.Equal<ulong>([1, 2, 3], test.Store.Current.Tasks.OfService("web").Select(t => t.Slot).Order());
    }

    [Fact]
    public async Task TwoActivationsAtOnce_WithProgressStored_TheSecondConflictsOnIt()
    {
        await using var test = TestStore.Create();
        await test.CreateAsync(Samples.NewCluster(), Samples.NewService("web"));
        await new ServiceRunner(test.Store, RandomIdSource.Secure, TimeProvider.System).ReconcileAsync("web", Stop);
        await test.Store.ChangeAsync<Service>("web", s => s.Spec.Replicated.Replicas = 4);

        var store = new RacingStore(test.Store, racers: 2);
        await Task.WhenAll(Enumerable.Range(0, 2).Select(_ =>
            new ServiceRunner(store, RandomIdSource.Secure, TimeProvider.System).ReconcileAsync("web", Stop)));

        var lost = Assert.Single(store.Results, r => !r.IsCommitted);
        Assert.Equal((ObjectKind.ServiceProgress, ConflictReason.OutOfSequence), (lost.Conflict!.Kind, lost.Conflict.Reason));
        Assert.Equal<ulong>([1, 2, 3, 4], test.Store.Current.Tasks.OfService("web").Select(t => t.Slot).Order());
    }

    [Fact]
    public async Task SiloKilled_TheGrainGoesOnOnAnother()
    {
        await using var test = TestStore.Create();
        await test.CreateAsync(Samples.NewCluster(), Samples.NewService("web", replicas: 2));
        await using var cluster = await GrainCluster.StartAsync(2, test.Store, TimeProvider.System);
        await Web(cluster).ReconcileAsync();
        var before = test.Store.Current.Tasks.OfService("web").Select(t => t.Id).ToHashSet();
        Assert.Equal(2, before.Count);
        Assert.True(cluster.Silos.TryGetGrainContext(Web(cluster).GetGrainId(), out var activation));
        var survivor = Web(cluster, 1);
        var host = cluster.Silos.Silos[0];
        Assert.Equal(host.SiloAddress, activation.Address.SiloAddress);

        await cluster.Silos.KillSiloAsync(host, Stop);
        await test.Store.ChangeAsync<Service>("web", s => s.Spec.Replicated.Replicas = 3);
        await RetryAsync(survivor.ReconcileAsync);

        var after = test.Store.Current.Tasks.OfService("web").Select(t => t.Id).ToHashSet();
        Assert.Equal(3, after.Count);
        Assert.Subset(after, before);
    }

    private static IServiceGrain Web(GrainCluster cluster, int silo = 0) => cluster.GrainsOf(silo).GetGrain<IServiceGrain>("web");

    // What a caller must put up with while a silo is on its way out.
    private static async Task RetryAsync(Func<Task> call)
    {
        using var limit = StoreWaits.Limit();
        while (true)
        {
            limit.Token.ThrowIfCancellationRequested();
            try
            {
                await call();
                return;
            }
            catch (Exception e) when (e is SiloUnavailableException or OrleansMessageRejectionException or TimeoutException)
            {
                await Task.Yield();
            }
        }
    }
}
