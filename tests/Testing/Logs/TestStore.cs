using SwarmOrleans.Contracts;
using SwarmOrleans.Store;

namespace SwarmOrleans.Testing;

/// <summary>A ready store of one manager on a <see cref="LocalLog"/>.</summary>
public sealed class TestStore : IAsyncDisposable
{
    private TestStore(SwarmStore store, LocalLog log)
    {
        Store = store;
        Log = log;
    }

    public SwarmStore Store { get; }

    public LocalLog Log { get; }

    public static TestStore Create(TimeProvider? time = null, string managerId = "manager-1", SwarmStoreOptions? options = null)
    {
        var store = new SwarmStore(options ?? new SwarmStoreOptions
        {
            ManagerId = managerId,
            BootId = "boot-1",
            Keyring = Keyring.Generate(),
            TimeProvider = time ?? TimeProvider.System,
        });
        var log = new LocalLog();
        log.Start(store);
        store.Attach(log);
        return new TestStore(store, log);
    }

    /// <summary>Commits these objects as new ones, in one transaction.</summary>
    public async Task<StoreView> CreateAsync(params IStoreObject[] items)
    {
        var transaction = new StoreTransaction();
        foreach (var item in items)
        {
            transaction.Create(item);
        }

        var result = await Store.CommitAsync(transaction, CancellationToken.None);
        return result.IsCommitted ? Store.Current : throw new InvalidOperationException(result.Conflict?.Message ?? result.Outcome.ToString());
    }

    /// <summary>Stops the store. Throws if a test, or what it tests, changed an object that belongs to the store.</summary>
    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        Store.Current.VerifyFrozen();
    }
}
