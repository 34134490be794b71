using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Orleans.Runtime;
using SwarmOrleans.Contracts;
using SwarmOrleans.Silo.Membership;
using SwarmOrleans.Silo.Reconciling;
using SwarmOrleans.Store;
using SwarmOrleans.Testing;

namespace SwarmOrleans.Tests.Silo.Reconciling;

public sealed class WakerTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly FakeTimeProvider _time = new(Start);
    private readonly TestStore _test;
    private readonly ReconcileCalls _calls = new();
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    public WakerTests() => _test = TestStore.Create(options: new SwarmStoreOptions
    {
        ManagerId = "a",
        BootId = "boot",
        Keyring = Keyring.Generate(),
        TimeProvider = _time,
        WatchCapacity = 8,
    });

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ContinueWith(_ => { }, TaskScheduler.Default);
        await _test.DisposeAsync();
        _stop.Dispose();
    }

    [Fact]
    public async Task Key_StaysDirtyUntilItsReconcilerHasSeenTheEvent_AndIsNeverReconciledTwiceAtOnce()
    {
        Run(new Everything());
        var seen = (await _test.CreateAsync(Samples.NewService("web"))).Version;
        var web = await NextAsync("web");
        await _test.Store.ChangeAsync<Service>("web", s => s.Spec.Replicated.Replicas = 2);
        await SettleOtherAsync("other-1");

        // It comes back from the view before the change, three times: its replica is behind.
        web.Answer(seen);
        (await NextAsync("web")).Answer(seen);
        (await NextAsync("web", TimeSpan.FromMilliseconds(5))).Answer(seen);
        (await NextAsync("web", TimeSpan.FromMilliseconds(5))).Answer(_test.Store.Current.Version);
        await SettleOtherAsync("other-2");
        Assert.True(_time.GetUtcNow() < Start.AddSeconds(30), "it was the rescan that came");
    }

    [Fact]
    public async Task WakeAt_WakesThen_AndNotBefore()
    {
        Run(new Everything());
        var version = (await _test.CreateAsync(Samples.NewService("web"))).Version;
        var at = Start.AddSeconds(20);
        (await NextAsync("web")).Answer(version, at);
        (await NextAsync("web", TimeSpan.FromSeconds(1))).Answer(version);
        Assert.InRange(_time.GetUtcNow(), at, Start.AddSeconds(59));
    }

    [Fact]
    public async Task WakeAt_IsForgotten_WhenAnEventCameFirst()
    {
        Run(new Everything());
        var version = (await _test.CreateAsync(Samples.NewService("web"))).Version;
        (await NextAsync("web")).Answer(version, Start.AddSeconds(20));
        version = (await _test.Store.ChangeAsync<Service>("web", s => s.Spec.Replicated.Replicas = 2)).Version;
        (await NextAsync("web")).Answer(version, Start.AddSeconds(40));
        (await NextAsync("web", TimeSpan.FromSeconds(1))).Answer(version);
        Assert.InRange(_time.GetUtcNow(), Start.AddSeconds(40), Start.AddSeconds(59));
    }

    [Fact]
    public async Task ReconcilerThatFails_IsTriedAgain()
    {
        Run(new Everything());
        var version = (await _test.CreateAsync(Samples.NewService("web"))).Version;
        (await NextAsync("web")).Outcome.SetException(new InvalidOperationException("no luck"));
        (await NextAsync("web", TimeSpan.FromMilliseconds(100))).Answer(version);
        Assert.InRange(_time.GetUtcNow(), Start.AddSeconds(1), Start.AddSeconds(59));
    }

    [Fact]
    public async Task EveryMinute_AllKeysAreLookedAt()
    {
        Run(new Everything());
        var version = (await _test.CreateAsync(Samples.NewService("web"))).Version;
        (await NextAsync("web")).Answer(version);
        (await NextAsync("web", TimeSpan.FromSeconds(5))).Answer(version);
        Assert.True(_time.GetUtcNow() >= Start.AddMinutes(1));
    }

    [Fact]
    public async Task Node_IsWokenUnderItsOwnKey_AndAgainAfterItHasSettled()
    {
        await _test.CreateAsync(Samples.NewNode("n1"));
        Run(new Everything());
        for (var i = 0; i < 2; i++)
        {
            var down = await _test.Store.ChangeAsync<Node>("n1", n => n.Status.State = NodeStatus.Types.State.Down);
            (await NextAsync("node/n1")).Answer(down.Version, _time.GetUtcNow().AddSeconds(10));
            (await NextAsync("node/n1", TimeSpan.FromSeconds(1))).Answer(down.Version);
            var ready = await _test.Store.ChangeAsync<Node>("n1", n => n.Status.State = NodeStatus.Types.State.Ready);
            (await NextAsync("node/n1")).Answer(ready.Version);
        }

        Assert.True(_time.GetUtcNow() < Start.AddSeconds(60), "it was the rescan that came");
    }

    [Fact]
    public async Task SiloGone_ItsKeysAreWokenHere()
    {
        var names = Enumerable.Range(0, 6).Select(i => $"s{i}").ToList();
        await _test.CreateAsync(Silo("a"), Silo("b"));
        await _test.CreateAsync([.. names.Select(n => Samples.NewService(n))]);
        Run(new RendezvousOwnership("a"));
        var own = names.Where(n => RendezvousOwnership.OwnerOf(["a", "b"], n) == "a").ToHashSet();
        Assert.InRange(own.Count, 1, names.Count - 1);
        Assert.Equal(own, await AnswerAsync(own.Count));

        await _test.Store.ChangeAsync<SiloMember>("b", s => s.Status = (int)SiloStatus.Dead);

        Assert.Equal(names.ToHashSet(), await AnswerAsync(names.Count));
    }

    [Fact]
    public async Task ChangesMissed_EverythingIsLookedAt()
    {
        var gate = new Gate();
        Run(gate);
        await _test.CreateAsync(Samples.NewService("web-0"));
        await gate.Entered;

        // The reader is held up while more happens than the feed retains.
        for (var i = 1; i <= 30; i++)
        {
            await _test.CreateAsync(Samples.NewService($"web-{i}"));
        }

        gate.Open();
        Assert.Equal(Enumerable.Range(0, 31).Select(i => $"web-{i}").ToHashSet(), await AnswerAsync(31));
        await _test.CreateAsync(Samples.NewService("after"));
        Assert.Equal("after", (await _calls.NextAsync()).Key);
    }

    private static SiloMember Silo(string managerId) => new() { Id = managerId, SiloName = managerId, Status = (int)SiloStatus.Active };

    private void Run(IOwnership ownership)
    {
        var waker = new Waker(_test.Store, ownership, _calls.ReconcileAsync, _time, NullLogger<Waker>.Instance);
        _running = Task.Run(() => waker.RunAsync(_stop.Token));
    }

    private async Task<ReconcileCalls.Call> NextAsync(string key, TimeSpan? step = null)
    {
        var call = step is { } s ? await _calls.NextAsync(_time, s) : await _calls.NextAsync();
        Assert.Equal(key, call.Key);
        return call;
    }

    // Whatever the Waker still had to do before is done when another key's turn comes.
    private async Task SettleOtherAsync(string key)
    {
        var version = (await _test.CreateAsync(Samples.NewService(key))).Version;
        (await NextAsync(key)).Answer(version);
    }

    private async Task<HashSet<string>> AnswerAsync(int keys)
    {
        var woken = new HashSet<string>();
        while (woken.Count < keys)
        {
            var call = await _calls.NextAsync();
            woken.Add(call.Key);
            call.Answer(_test.Store.Current.Version);
        }

        return woken;
    }

    private sealed class Everything : IOwnership
    {
        public bool IsOwner(StoreView view, string key) => true;
    }

    private sealed class Gate : IOwnership
    {
        private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly ManualResetEventSlim _open = new();

        public Task Entered => _entered.Task;

        public void Open() => _open.Set();

        public bool IsOwner(StoreView view, string key)
        {
            _entered.TrySetResult();
            _open.Wait();
            return true;
        }
    }
}
