using SwarmOrleans.Store;

namespace SwarmOrleans.Silo.Loops;

/// <summary>
/// Allocates networks, services' virtual IPs and nodes' addresses, beside the leader. That nothing is given twice does not rest on it: subnets, ids and
/// addresses are keys of the store, which decides when a transaction is applied.
/// </summary>
public sealed class AllocatorLoop(ISwarmStore store) : ILeaderLoop
{
    /// <inheritdoc />
    public async Task RunAsync(long term, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await FollowAsync(term, cancellationToken);
            }
            catch (CompactedException)
            {
                // Changes were missed: begin with the current view.
            }
        }
    }

    private async Task FollowAsync(long term, CancellationToken cancellationToken)
    {
        var work = new AllocationWork(store, term);
        var view = store.Current;
        work.Feed(view);
        await work.AllocateAsync(cancellationToken);
        await foreach (var batch in store.WatchAsync(view.Version, cancellationToken))
        {
            foreach (var change in batch.Changes)
            {
                work.Feed(change);
            }

            // What has been committed meanwhile is coming: decide on it all at once.
            if (batch.Version == store.Current.Version)
            {
                await work.AllocateAsync(cancellationToken);
            }
        }
    }
}
