using SwarmOrleans.Security;
using SwarmOrleans.Store;

namespace SwarmOrleans.Tests.Silo.Managers;

/// <summary>The managers of one swarm, in this process. The first one leads.</summary>
internal sealed class TestManagers : IAsyncDisposable
{
    private readonly RootCa _root = RootCa.Create(TimeProvider.System.GetUtcNow());
    private readonly Keyring _keyring = Keyring.Generate();
    private readonly List<TestManager> _all = [];

    public SharedLog Log { get; } = new();

    public async Task<TestManager> AddAsync(string id)
    {
        var manager = new TestManager(id, Log, _keyring, _root);
        _all.Add(manager);
        if (_all.Count == 1)
        {
            Log.Lead(manager.Log);
            await CommitAsync(manager, new StoreTransaction().Create(Samples.NewCluster()));
        }

        await CommitAsync(manager, new StoreTransaction().Create(Samples.NewManager(id)));
        return manager;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var manager in Enumerable.Reverse(_all))
        {
            await manager.DisposeAsync();
        }

        _root.Dispose();
    }

    private static async Task CommitAsync(TestManager manager, StoreTransaction transaction) =>
        Assert.True((await manager.Store.CommitAsync(transaction, TestContext.Current.CancellationToken)).IsCommitted);
}
