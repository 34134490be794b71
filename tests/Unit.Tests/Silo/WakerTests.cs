using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using SwarmOrleans.Contracts;
using SwarmOrleans.Silo.Reconciling;
using SwarmOrleans.Store;
using SwarmOrleans.Testing;

namespace SwarmOrleans.Tests.Unit.Reconciling;

public sealed class WakerTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task NodeThatJoinsOrIsLabelled_ConcernsServicesWithOneTaskPerNodeAlone()
    {
        await using var test = TestStore.Create();
        var view = await test.CreateAsync(
            ServiceOf("replicated", s => s.Replicated = new ReplicatedService()), ServiceOf("global", s => s.Global = new GlobalService()),
            ServiceOf("job", s => s.ReplicatedJob = new ReplicatedJob()), ServiceOf("globaljob", s => s.GlobalJob = new GlobalJob()));
        var joined = await ChangesAsync(test, view, new StoreTransaction().Create(new Node { Id = "n1", Spec = new NodeSpec(), Status = new NodeStatus() }));
        Assert.Equal(["global", "globaljob", "node/n1"], Waker.KeysOf(joined).Order());

        var labelled = joined.View.Find<Node>("n1")!.Clone();
        labelled.Spec.Annotations = new Annotations { Labels = { ["a"] = "b" } };
        var change = await ChangesAsync(test, joined.View, new StoreTransaction().Update(labelled));
        Assert.Equal(["global", "globaljob"], Waker.KeysOf(change).Order());

        var described = change.View.Find<Node>("n1")!.Clone();
        described.Status.Message = "still here";
        change = await ChangesAsync(test, change.View, new StoreTransaction().Update(described));
        Assert.Empty(Waker.KeysOf(change));
    }

    [Fact]
    public async Task NodeThatJoins_ConcernsServicesThatAreToBeSpreadOverIt()
    {
        await using var test = TestStore.Create();
        var view = await test.CreateAsync(ServiceOf("still", s => s.Replicated = new ReplicatedService()), ServiceOf("spread", s =>
        {
            s.Replicated = new ReplicatedService();
            s.Rebalance = new RebalancePolicy();
        }));
        var joined = await ChangesAsync(test, view, new StoreTransaction().Create(new Node { Id = "n1", Spec = new NodeSpec(), Status = new NodeStatus() }));
        Assert.Equal(["node/n1", "spread"], Waker.KeysOf(joined).Order());
    }

    [Fact]
    public async Task NodeThatDrains_ConcernsTheServicesWithTasksOnItToo()
    {
        await using var test = TestStore.Create();
        var view = await test.CreateAsync(
            ServiceOf("here", s => s.Replicated = new ReplicatedService()), ServiceOf("elsewhere", s => s.Replicated = new ReplicatedService()),
            new Node { Id = "n1", Spec = new NodeSpec(), Status = new NodeStatus() }, new SwarmTask { Id = "t1", ServiceId = "here", NodeId = "n1", Status = new SwarmTaskStatus() });
        var drained = view.Find<Node>("n1")!.Clone();
        drained.Spec.Availability = NodeSpec.Types.Availability.Drain;
        var change = await ChangesAsync(test, view, new StoreTransaction().Update(drained));
        Assert.Equal(["here", "node/n1"], Waker.KeysOf(change).Order());
    }

    [Fact]
    public async Task TaskThatIsExplainedAgain_ConcernsNobody_OneWhoseStateChanges_ItsService()
    {
        await using var test = TestStore.Create();
        var view = await test.CreateAsync(
            ServiceOf("s", x => x.Replicated = new ReplicatedService()),
            new SwarmTask { Id = "t1", ServiceId = "s", Slot = 1, Spec = new TaskSpec(), Status = new SwarmTaskStatus { State = TaskState.Pending, Message = "no node" } });
        var explained = view.Find<SwarmTask>("t1")!.Clone();
        explained.Status.Message = "no node of two";
        var change = await ChangesAsync(test, view, new StoreTransaction().Update(explained));
        Assert.Empty(Waker.KeysOf(change));

        foreach (var edit in new Action<SwarmTask>[]
        {
            t => t.Status.State = TaskState.Assigned, t => t.DesiredState = TaskState.Shutdown, t => t.NodeId = "n1", t => t.Spec.ForceUpdate = 7,
            t => t.SpecVersion = new ObjectVersion { Index = 9 }, t => t.Endpoint = new Endpoint { Spec = new EndpointSpec() },
        })
        {
            var edited = change.View.Find<SwarmTask>("t1")!.Clone();
            edit(edited);
            change = await ChangesAsync(test, change.View, new StoreTransaction().Update(edited));
            Assert.Equal(["s"], Waker.KeysOf(change));
        }

        change = await ChangesAsync(test, change.View, new StoreTransaction().Remove(change.View.Find<SwarmTask>("t1")!));
        Assert.Equal(["s"], Waker.KeysOf(change));
    }

    [Fact]
    public async Task AT_JOB_1_EveryServiceIsLookedAtAtStart_OneThatCannotBe_DoesNotStopTheOthers()
    {
        await using var test = TestStore.Create();
        await test.CreateAsync(ServiceOf("broken", s => s.GlobalJob = new GlobalJob()), ServiceOf("job", s => s.ReplicatedJob = new ReplicatedJob()));
        var seen = System.Threading.Channels.Channel.CreateUnbounded<string>();
        var waker = new Waker(
            test.Store,
            new OwnsAll(),
            (key, _) =>
            {
                seen.Writer.TryWrite(key);
                return key == "broken" ? throw new InvalidOperationException("broken") : Task.FromResult(new ReconcileResult(test.Store.Current.Version, null));
            },
            TimeProvider.System,
            NullLogger<Waker>.Instance);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var running = waker.RunAsync(stop.Token);
        HashSet<string> first = [await seen.Reader.ReadAsync(Token), await seen.Reader.ReadAsync(Token)];
        Assert.Equal(["broken", "job"], first.Order());

        await test.CreateAsync(ServiceOf("late", s => s.GlobalJob = new GlobalJob()));
        while (await seen.Reader.ReadAsync(Token) != "late")
        {
            // The broken one is tried again meanwhile.
        }

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public async Task ServiceThatTakesLongToLookAt_RestsAsLongBeforeTheNextLook()
    {
        await using var test = TestStore.Create();
        await test.CreateAsync(ServiceOf("other", s => s.Global = new GlobalService()));
        await test.CreateAsync(ServiceOf("large", s => s.Global = new GlobalService()));
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(60));
        var begin = time.GetUtcNow();
        var looks = System.Threading.Channels.Channel.CreateUnbounded<TimeSpan>();
        var waker = new Waker(
            test.Store,
            new OwnsAll(),
            (key, _) =>
            {
                if (key != "large" || !looks.Writer.TryWrite(time.GetUtcNow() - begin) || looks.Reader.Count > 1)
                {
                    return Task.FromResult(new ReconcileResult(test.Store.Current.Version, null));
                }

                // The first look takes half a second, and sees only what was there before it began.
                time.Advance(TimeSpan.FromMilliseconds(500));
                return Task.FromResult(new ReconcileResult(1, null));
            },
            time,
            NullLogger<Waker>.Instance);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var running = waker.RunAsync(stop.Token);
        while (looks.Reader.Count < 2)
        {
            await Task.Delay(1, Token);
            time.Advance(TimeSpan.FromMilliseconds(looks.Reader.Count == 0 ? 0 : 10));
        }

        Assert.Equal(TimeSpan.Zero, await looks.Reader.ReadAsync(Token));
        Assert.InRange(await looks.Reader.ReadAsync(Token), TimeSpan.FromMilliseconds(1000), TimeSpan.FromSeconds(50));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    private static async Task<ChangeBatch> ChangesAsync(TestStore test, StoreView before, StoreTransaction transaction)
    {
        Assert.True((await test.Store.CommitAsync(transaction, Token)).IsCommitted);
        await foreach (var batch in test.Store.WatchAsync(before.Version, Token))
        {
            return batch;
        }

        throw new InvalidOperationException("the watch has ended");
    }

    private static Service ServiceOf(string id, Action<ServiceSpec> configure)
    {
        var spec = new ServiceSpec
        {
            Annotations = new Annotations { Name = id },
            Task = new TaskSpec { Container = new ContainerSpec { Image = "v1", StopGracePeriod = Duration.FromTimeSpan(TimeSpan.FromSeconds(1)) } },
        };
        configure(spec);
        return new Service { Id = id, Spec = spec, SpecVersion = new ObjectVersion() };
    }

    private sealed class OwnsAll : IOwnership
    {
        public bool IsOwner(StoreView view, string key) => true;
    }
}
