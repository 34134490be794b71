using Google.Protobuf;
using Microsoft.Extensions.Time.Testing;
using SwarmOrleans.Contracts;
using SwarmOrleans.Store;
using SwarmOrleans.Testing;

namespace SwarmOrleans.Tests.Unit.Store;

/// <summary>Secrets and configs, which tables keep encoded, are to readers what other objects are.</summary>
public sealed class PackedObjectTests
{
    private static readonly Keyring Keys = Keyring.Generate();
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddDays(20_000));

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Created_IsFoundByIdNameAndEnumeration_AlwaysTheSameObject()
    {
        await using var test = Create();
        var view = await test.CreateAsync(Named("c1", "site"));
        var found = view.Find<Config>("c1")!;
        Assert.Equal("site", found.Spec.Annotations.Name);
        Assert.Equal("content", found.Spec.Data.ToStringUtf8());
        Assert.Equal(1ul, found.Meta.Version.Index);
        Assert.Equal(_time.GetUtcNow().UtcDateTime, found.Meta.CreatedAt.ToDateTime());
        Assert.Same(found, view.FindByName<Config>("SITE"));
        Assert.Same(found, view.Find(ObjectKind.Config, "c1"));
        Assert.Same(found, Assert.Single(view.All<Config>()));
        Assert.Equal(found.Meta, view.MetaOf<Config>("c1"));
        Assert.Null(view.MetaOf<Config>("c2"));
    }

    [Fact]
    public async Task Updated_KeepsWhenItWasMade_AndChecksTheVersion()
    {
        await using var test = Create();
        var old = (await test.CreateAsync(Named("c1", "site"))).Find<Config>("c1")!;
        _time.Advance(TimeSpan.FromMinutes(1));
        var next = old.Clone();
        next.Spec.Annotations.Labels["a"] = "b";
        Assert.True((await test.Store.CommitAsync(new StoreTransaction().Update(next), Stop)).IsCommitted);
        var now = test.Store.Current.Find<Config>("c1")!;
        Assert.Equal("b", now.Spec.Annotations.Labels["a"]);
        Assert.Equal(2ul, now.Meta.Version.Index);
        Assert.Equal(old.Meta.CreatedAt, now.Meta.CreatedAt);
        Assert.Equal(TimeSpan.FromMinutes(1), now.Meta.UpdatedAt.ToDateTime() - now.Meta.CreatedAt.ToDateTime());
        Assert.Equal(ConflictReason.OutOfSequence, await ReasonAsync(test, new StoreTransaction().Update(next)));
        Assert.Equal(ConflictReason.OutOfSequence, await ReasonAsync(test, new StoreTransaction().RequireUnchanged(old).Create(Named("c2", "b"))));
    }

    [Fact]
    public async Task Names_AreUnique_UntilTheirHolderIsRemoved()
    {
        await using var test = Create();
        await test.CreateAsync(Named("c1", "site"), new Secret { Id = "s1", Spec = new SecretSpec { Annotations = new Annotations { Name = "site" } } });
        Assert.Equal(ConflictReason.NameInUse, await ReasonAsync(test, new StoreTransaction().Create(Named("c2", "Site"))));
        Assert.Equal(ConflictReason.AlreadyExists, await ReasonAsync(test, new StoreTransaction().Create(Named("c1", "other"))));
        Assert.True((await test.Store.CommitAsync(new StoreTransaction().Remove<Config>("c1").Create(Named("c2", "Site")), Stop)).IsCommitted);
        Assert.Equal("c2", test.Store.Current.FindByName<Config>("site")!.Id);
        Assert.Equal("s1", test.Store.Current.FindByName<Secret>("site")!.Id);
    }

    [Fact]
    public async Task Watchers_GetBothStates()
    {
        await using var test = Create();
        var view = await test.CreateAsync(Named("c1", "site"));
        await test.Store.CommitAsync(new StoreTransaction().Remove(view.Find<Config>("c1")!), Stop);
        var changes = new List<StoreChange>();
        await foreach (var batch in test.Store.WatchAsync(0, Stop))
        {
            changes.AddRange(batch.Changes);
            if (batch.Version == 2)
            {
                break;
            }
        }

        Assert.Equal([ChangeAction.Create, ChangeAction.Remove], changes.Select(c => c.Action));
        Assert.All(changes, c => Assert.Equal("c1", c.Id));
        Assert.Equal("site", ((Config)changes[0].New!).Spec.Annotations.Name);
        Assert.Null(changes[0].Old);
        Assert.Same(changes[0].New, changes[1].Old);
        Assert.Null(changes[1].New);
    }

    [Fact]
    public async Task Snapshots_OfSnapshots_HoldTheSameAndGrowNoLarger()
    {
        await using var test = Create();
        await test.CreateAsync(Named("c1", "site"), Named("c2", "looked at"));
        _ = test.Store.Current.Find<Config>("c2");
        var first = await WriteAsync(test.Store);
        await using var copy = new SwarmStore(Options());
        copy.Install(await copy.PrepareAsync(test.Store.AppliedIndex, new MemoryStream(first), Stop));
        var second = await WriteAsync(copy);
        await using var last = new SwarmStore(Options());
        last.Install(await last.PrepareAsync(test.Store.AppliedIndex, new MemoryStream(second), Stop));
        Assert.Equal(first.Length, second.Length);
        Assert.Equal(
            test.Store.Current.All<Config>().Select(c => c.ToByteString()), last.Current.All<Config>().Select(c => c.ToByteString()));
        Assert.Equal("c1", last.Current.FindByName<Config>("site")!.Id);
    }

    private static Config Named(string id, string name) => new()
    {
        Id = id,
        Spec = new ConfigSpec { Annotations = new Annotations { Name = name }, Data = ByteString.CopyFromUtf8("content") },
    };

    private static async Task<ConflictReason?> ReasonAsync(TestStore test, StoreTransaction transaction) =>
        (await test.Store.CommitAsync(transaction, Stop)).Conflict?.Reason;

    private static async Task<byte[]> WriteAsync(SwarmStore store)
    {
        using var written = new MemoryStream();
        await store.Capture().WriteAsync(written, Stop);
        return written.ToArray();
    }

    private SwarmStoreOptions Options() => new() { ManagerId = "a", BootId = "boot-1", Keyring = Keys, TimeProvider = _time };

    private TestStore Create() => TestStore.Create(options: Options());
}
