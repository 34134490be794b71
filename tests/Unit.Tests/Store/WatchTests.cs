using SwarmOrleans.Contracts;
using SwarmOrleans.Store;
using SwarmOrleans.Store.Tables;
using SwarmOrleans.Store.Watching;
using SwarmOrleans.Testing;

namespace SwarmOrleans.Tests.Unit.Store;

public sealed class WatchTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ResumedInTheMiddle_GivesTheRestInOrder()
    {
        await using var test = TestStore.Create();
        await CreateAsync(test, 10);
        var versions = new List<ulong>();
        await foreach (var batch in test.Store.WatchAsync(4, Stop))
        {
            versions.Add(batch.Version);
            Assert.InRange(batch.View.Version, batch.Version, 10ul);
            if (batch.Version == 10)
            {
                break;
            }
        }

        Assert.Equal([5, 6, 7, 8, 9, 10], versions);
    }

    [Fact]
    public async Task Change_CarriesTheObjectBeforeAndAfter()
    {
        await using var test = TestStore.Create();
        var service = (await test.CreateAsync(Services.Named("a", "s"))).Find<Service>("s")!;
        var renamed = service.Clone();
        renamed.Spec.Annotations.Name = "b";
        await test.Store.CommitAsync(new StoreTransaction().Update(renamed), Stop);
        await test.Store.CommitAsync(new StoreTransaction().Remove<Service>("s"), Stop);
        var changes = new List<StoreChange>();
        await foreach (var batch in test.Store.WatchAsync(0, Stop))
        {
            changes.AddRange(batch.Changes);
            if (batch.Version == 3)
            {
                break;
            }
        }

        Assert.Equal([ChangeAction.Create, ChangeAction.Update, ChangeAction.Remove], changes.Select(c => c.Action));
        Assert.Same(service, changes[1].Old);
        Assert.Equal("b", ((Service)changes[1].New!).Spec.Annotations.Name);
        Assert.Same(changes[1].New, changes[2].Old);
    }

    [Fact]
    public async Task VersionNoLongerRetained_IsCompacted()
    {
        await using var test = TestStore.Create(options: Small());
        await CreateAsync(test, 20);
        await using var reader = test.Store.WatchAsync(3, Stop).GetAsyncEnumerator(Stop);
        Assert.Equal(3ul, (await Assert.ThrowsAsync<CompactedException>(async () => await reader.MoveNextAsync())).Version);
    }

    [Fact]
    public async Task ReaderThatFellBehind_IsCompacted_WhileTheWriterWentOn()
    {
        await using var test = TestStore.Create(options: Small());
        await using var reader = test.Store.WatchAsync(0, Stop).GetAsyncEnumerator(Stop);
        var first = reader.MoveNextAsync();
        await CreateAsync(test, 1);
        Assert.True(await first);
        await CreateAsync(test, 20);
        Assert.Equal(21ul, test.Store.Current.Version);
        await Assert.ThrowsAsync<CompactedException>(async () =>
        {
            while (reader.Current.Version < 21)
            {
                await reader.MoveNextAsync();
            }
        });
    }

    [Fact]
    public async Task ReaderStartedFromAViewWhoseBatchIsStillToCome_DoesNotGetItAgain()
    {
        var ring = new WatchRing(100, () => new StoreView(6, TableSet.Empty));
        ring.Append(4, Changes(4));
        await using var reader = ring.ReadAsync(5, Stop).GetAsyncEnumerator(Stop);
        var next = reader.MoveNextAsync();
        ring.Append(5, Changes(5));
        ring.Append(6, Changes(6));
        Assert.True(await next);
        Assert.Equal(6ul, reader.Current.Version);
    }

    [Fact]
    public async Task Conflict_IsNoChange()
    {
        await using var test = TestStore.Create();
        await test.CreateAsync(Services.Named("a", "s"));
        await test.Store.CommitAsync(new StoreTransaction().Create(Services.Named("a", "s")), Stop);
        await test.CreateAsync(Services.Named("b"));
        await using var reader = test.Store.WatchAsync(1, Stop).GetAsyncEnumerator(Stop);
        Assert.True(await reader.MoveNextAsync());
        Assert.Equal((2ul, "id-b"), (reader.Current.Version, Assert.Single(reader.Current.Changes).Id));
    }

    private static List<StoreChange> Changes(ulong version) => [new(ChangeAction.Create, ObjectKind.Service, default, new StoredObject(Services.Named("a")), version)];

    private static SwarmStoreOptions Small() => new() { ManagerId = "m", BootId = "b", Keyring = Keyring.Generate(), WatchCapacity = 5 };

    private static async Task CreateAsync(TestStore test, int count)
    {
        var from = test.Store.Current.Count<Service>();
        for (var i = from; i < from + count; i++)
        {
            await test.CreateAsync(Services.Named($"n{i}"));
        }
    }
}
