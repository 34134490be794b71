using SwarmOrleans.Contracts;
using SwarmOrleans.Control;
using SwarmOrleans.Store;

namespace SwarmOrleans.Silo.Loops;

/// <summary>
/// Removes networks whose removal was asked for while services that used them were being removed, when the last of those is gone (DEA-1). Costs nothing while
/// there is no such network.
/// </summary>
public sealed class NetworkReaperLoop(ISwarmStore store) : ILeaderLoop
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
        var view = store.Current;
        HashSet<string> leaving = [.. view.All<Network>().Where(n => n.PendingDelete).Select(n => n.Id)];
        await ReapAsync(view, leaving, term, cancellationToken);
        await foreach (var batch in store.WatchAsync(view.Version, cancellationToken))
        {
            foreach (var change in batch.Changes.Where(c => c.Kind == ObjectKind.Network))
            {
                _ = change.New is Network { PendingDelete: true } ? leaving.Add(change.Id) : leaving.Remove(change.Id);
            }

            if (leaving.Count > 0 && batch.Changes.Any(c => c.Kind is ObjectKind.Network or ObjectKind.Service or ObjectKind.Task))
            {
                await ReapAsync(batch.View, leaving, term, cancellationToken);
            }
        }
    }

    // What is in use after all when it is applied stays until the next change.
    private async Task ReapAsync(StoreView view, HashSet<string> leaving, long term, CancellationToken cancellationToken)
    {
        var removals = leaving.Select(view.Find<Network>).OfType<Network>().Where(n => NetworkRemoval.IsUnused(view, n))
            .Select(n => NetworkRemoval.Remove(n).UnderTerm(term)).ToList();
        if (removals.Count > 0)
        {
            await store.CommitAllAsync(removals, cancellationToken);
        }
    }
}
