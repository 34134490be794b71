using SwarmOrleans.Contracts;
using SwarmOrleans.Store;

namespace SwarmOrleans.Tests.Silo;

/// <summary>Waits for what the store shows, not for time to pass.</summary>
internal static class StoreWaits
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Cancelled when the test ends, or hangs.</summary>
    public static CancellationTokenSource Limit()
    {
        var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Patience);
        return limit;
    }

    /// <summary>The first view, from now on, for which <paramref name="isReached"/> holds.</summary>
    public static async Task<StoreView> WaitForAsync(this ISwarmStore store, Func<StoreView, bool> isReached)
    {
        using var limit = Limit();
        var view = store.Current;
        if (isReached(view))
        {
            return view;
        }

        await foreach (var batch in store.WatchAsync(view.Version, limit.Token))
        {
            if (isReached(batch.View))
            {
                return batch.View;
            }
        }

        throw new InvalidOperationException("the change feed has ended");
    }

    /// <summary>Changes an object as it is now; fails if somebody else did meanwhile.</summary>
    public static async Task<StoreView> ChangeAsync<T>(this ISwarmStore store, string id, Action<T> change)
        where T : class, IStoreObject, Google.Protobuf.IDeepCloneable<T>, new()
    {
        var result = await store.CommitAsync(
            new StoreTransaction().Update(store.Current.Find<T>(id)!.With(change)), TestContext.Current.CancellationToken);
        Assert.True(result.IsCommitted, $"{result.Outcome}: {result.Conflict?.Message}");
        return store.Current;
    }
}
