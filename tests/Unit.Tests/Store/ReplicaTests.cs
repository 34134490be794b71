using System.Buffers;
using CsCheck;
using SwarmOrleans.Contracts;
using SwarmOrleans.Store;
using SwarmOrleans.Testing;

namespace SwarmOrleans.Tests.Unit.Store;

public sealed class ReplicaTests
{
    private static readonly Keyring Keys = Keyring.Generate();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task SameEntries_MakeTheSameState()
    {
        await using var origin = TestStore.Create(options: Options("a"));
        await FillAsync(origin, 200);
        await using var replica = new SwarmStore(Options("b"));
        Replay(origin.Log, replica);
        Assert.Equal(Dump(origin.Store.Current), Dump(replica.Current));
        Assert.Equal(origin.Store.Current.All<SwarmTask>().Select(t => t.Id), replica.Current.All<SwarmTask>().Select(t => t.Id));
    }

    [Fact]
    public async Task EntryAppliedTwice_ExecutesOnce()
    {
        await using var origin = TestStore.Create(options: Options("a"));
        await origin.CreateAsync(Services.Named("web"));
        await using var replica = new SwarmStore(Options("b"));
        Replay(origin.Log, replica);
        Replay(origin.Log, replica);
        Assert.Equal(1ul, replica.Current.Version);
    }

    [Fact]
    public async Task LateCopyOfAnEndedBoot_IsNeverExecuted()
    {
        await using var first = TestStore.Create(options: Options("a", "boot-1"));
        await first.CreateAsync(Services.Named("web"));
        await using var second = TestStore.Create(options: Options("a", "boot-2"));
        await second.CreateAsync(Services.Named("db"));
        await using var replica = new SwarmStore(Options("b"));
        Replay(first.Log, replica);
        Replay(second.Log, replica);
        await using var late = TestStore.Create(options: Options("a", "boot-1"));
        await late.CreateAsync(Services.Named("x"));
        await late.CreateAsync(Services.Named("late"));
        Replay(late.Log, replica);
        Assert.Null(replica.Current.FindByName<Service>("late"));
        Assert.Equal(2, replica.Current.Count<Service>());
    }

    [Fact]
    public async Task Snapshot_RestoresTheStateAndTheVerdicts()
    {
        await using var origin = TestStore.Create(options: Options("a"));
        await FillAsync(origin, 500);
        var snapshot = await WriteAsync(origin.Store);
        await using var replica = new SwarmStore(Options("b"));
        replica.Install(await replica.PrepareAsync(origin.Store.AppliedIndex, new MemoryStream(snapshot), Stop));
        Assert.Equal(Dump(origin.Store.Current), Dump(replica.Current));
        Assert.Equal(origin.Store.AppliedIndex, replica.AppliedIndex);
        var version = replica.Current.Version;
        Replay(origin.Log, replica);
        Assert.Equal(version, replica.Current.Version);
        var tasks = replica.Current.Tasks.OfService("svc");
        Assert.Same(tasks.First().Spec, tasks.Last().Spec);
    }

    [Fact]
    public async Task DamagedSnapshot_IsRefused_AndTheStateStays()
    {
        await using var origin = TestStore.Create(options: Options("a"));
        await FillAsync(origin, 20);
        var snapshot = await WriteAsync(origin.Store);
        foreach (var at in new[] { 3, 9, 40, snapshot.Length / 2, snapshot.Length - 1 })
        {
            var damaged = (byte[])snapshot.Clone();
            damaged[at] ^= 1;
            await using var replica = new SwarmStore(Options("b"));
            await Assert.ThrowsAnyAsync<Exception>(async () => await replica.PrepareAsync(999, new MemoryStream(damaged), Stop));
            Assert.Equal(0ul, replica.Current.Version);
        }

        await using var cut = new SwarmStore(Options("b"));
        await Assert.ThrowsAsync<InvalidDataException>(async () => await cut.PrepareAsync(999, new MemoryStream(snapshot, 0, snapshot.Length - 50), Stop));
    }

    [Fact]
    public async Task NewHistory_RaisesTheVersion_AndLeavesItOnAConflict()
    {
        await using var test = TestStore.Create(options: Options("a"));
        await test.CreateAsync(Services.Named("web"));
        var refused = await test.Store.CommitAsync(new StoreTransaction().BeginNewHistory().Create(Services.Named("web")), Stop);
        Assert.Equal(CommitOutcome.Conflict, refused.Outcome);
        Assert.Equal(1ul, test.Store.Current.Version);
        var begun = await test.Store.CommitAsync(new StoreTransaction().BeginNewHistory().Create(Services.Named("db")), Stop);
        Assert.Equal((1ul << 32) + 2, begun.Version);
        Assert.Equal(begun.Version, test.Store.Current.FindByName<Service>("db")!.Meta.Version.Index);
        Assert.Equal(begun.Version + 1, (await test.CreateAsync(Services.Named("next"))).Version);
    }

    [Fact]
    public async Task UnknownKey_StopsTheReplica()
    {
        await using var origin = TestStore.Create(options: Options("a"));
        await origin.CreateAsync(Services.Named("web"));
        await using var replica = new SwarmStore(new SwarmStoreOptions { ManagerId = "b", BootId = "1", Keyring = new Keyring([new(2, new byte[32])], 2) });
        Assert.Throws<UnknownKeyException>(() => Replay(origin.Log, replica));
    }

    [Fact]
    public async Task Installing_PublishesTheDifferenceToCurrentReaders()
    {
        await using var origin = TestStore.Create(options: Options("a"));
        await FillAsync(origin, 20);
        var snapshot = await WriteAsync(origin.Store);
        await using var replica = new SwarmStore(Options("b"));
        await using var reader = replica.WatchAsync(null, Stop).GetAsyncEnumerator(Stop);
        var next = reader.MoveNextAsync();
        replica.Install(await replica.PrepareAsync(origin.Store.AppliedIndex, new MemoryStream(snapshot), Stop));
        Assert.True(await next);
        Assert.Equal(origin.Store.Current.Version, reader.Current.Version);
        Assert.Equal(21, reader.Current.Changes.Count);
    }

    [Fact]
    public void AnyTransactions_AgreeWithAPlainDictionary()
    {
        var operation = Gen.Select(Gen.Int[0, 2], Gen.Int[0, 9], Gen.Int[0, 4], Gen.Int[0, 3]);
        operation.List[1, 60].Sample(operations =>
        {
            var test = TestStore.Create(options: Options("a"));
            var model = new Dictionary<string, (string Name, ulong Version)>();
            foreach (var (kind, id, name, staleness) in operations)
            {
                Step(test, model, kind, $"id{id}", $"name{name}", staleness == 0);
            }

            var stored = test.Store.Current.All<Service>().ToDictionary(s => s.Id, s => (s.Spec.Annotations.Name, s.Meta.Version.Index));
            return stored.Count == model.Count && stored.All(s => model[s.Key] == s.Value)
                && model.All(m => test.Store.Current.FindByName<Service>(m.Value.Name)?.Id == m.Key);
        });
    }

    private static void Step(TestStore test, Dictionary<string, (string Name, ulong Version)> model, int kind, string id, string name, bool stale)
    {
        var transaction = new StoreTransaction();
        var service = Services.Named(name, id);
        var exists = model.TryGetValue(id, out var known);
        var nameFree = model.All(m => m.Key == id || m.Value.Name != name);
        service.Meta = new Meta { Version = new ObjectVersion { Index = stale || known.Version == 0 ? 1_000_000 : known.Version } };
        var expected = kind switch
        {
            0 => !exists && nameFree,
            1 => exists && !stale && nameFree,
            _ => exists && !stale,
        };
        _ = kind switch
        {
            0 => transaction.Create(service),
            1 => transaction.Update(service),
            _ => transaction.Remove(service),
        };
        var result = test.Store.CommitAsync(transaction, CancellationToken.None).AsTask().GetAwaiter().GetResult();
        Assert.Equal(expected, result.IsCommitted);
        if (expected && kind == 2)
        {
            model.Remove(id);
        }
        else if (expected)
        {
            model[id] = (name, result.Version);
        }
    }

    private static SwarmStoreOptions Options(string id, string boot = "boot") => new() { ManagerId = id, BootId = boot, Keyring = Keys };

    private static async Task FillAsync(TestStore test, int tasks)
    {
        await test.CreateAsync(Services.Named("web", "svc"));
        for (var i = 0; i < tasks; i += 10)
        {
            await test.CreateAsync([.. Enumerable.Range(i, 10).Select(n => Services.TaskOf("svc", $"task{n}", (ulong)n + 1))]);
        }
    }

    private static void Replay(LocalLog log, SwarmStore replica)
    {
        foreach (var (term, payload) in log.Entries)
        {
            replica.Apply(replica.AppliedIndex + 1, term, new ReadOnlySequence<byte>(payload));
        }
    }

    private static async Task<byte[]> WriteAsync(SwarmStore store)
    {
        using var stream = new MemoryStream();
        await store.Capture().WriteAsync(stream, Stop);
        return stream.ToArray();
    }

    private static string Dump(StoreView view) =>
        $"{view.Version} " + string.Join('\n', view.All<Service>().Select(s => s.ToString()).Concat(view.All<SwarmTask>().Select(t => t.ToString())));
}
