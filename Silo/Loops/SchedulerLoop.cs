using SwarmOrleans.Store;

namespace SwarmOrleans.Silo.Loops;

/// <summary>Places tasks, beside the leader. Every placement is bound to the term and to the node and volumes as they were seen.</summary>
public sealed class SchedulerLoop(ISwarmStore store, TimeProvider time) : ILeaderLoop
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
        var work = new PlacementWork(store, time, term);
        var view = store.Current;
        work.Feed(view);
        await work.PlaceAsync(cancellationToken);
        await foreach (var batch in store.WatchAsync(view.Version, cancellationToken))
        {
            foreach (var change in batch.Changes)
            {
                work.Feed(change);
            }

            // What has been committed meanwhile is coming: decide on it all at once.
            if (batch.Version == store.Current.Version)
            {
                await work.PlaceAsync(cancellationToken);
            }
        }
    }
}
