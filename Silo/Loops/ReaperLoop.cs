using SwarmOrleans.Contracts;
using SwarmOrleans.Orchestration;
using SwarmOrleans.Store;

namespace SwarmOrleans.Silo.Loops;

/// <summary>Deletes tasks that belong to no service and are over. What belongs to a service is its reconciler's.</summary>
public sealed class ReaperLoop(ISwarmStore store) : ILeaderLoop
{
    /// <inheritdoc />
    public async Task RunAsync(long term, CancellationToken cancellationToken)
    {
        while (true)
        {
            var view = store.Current;
            await ReapAsync(view.Tasks.WithoutService(), term, cancellationToken);
            try
            {
                await foreach (var batch in store.WatchAsync(view.Version, cancellationToken))
                {
                    await ReapAsync(batch.Changes.Where(c => c.Kind == ObjectKind.Task).Select(c => c.New).OfType<SwarmTask>(), term, cancellationToken);
                }
            }
            catch (CompactedException)
            {
                // Changes were missed: look at all of them again.
            }
        }
    }

    private async Task ReapAsync(IEnumerable<SwarmTask> tasks, long term, CancellationToken cancellationToken)
    {
        var over = tasks.Where(UnownedTasks.IsOver).Select(t => new StoreTransaction().UnderTerm(term).Remove(t)).ToList();
        if (over.Count > 0)
        {
            await store.CommitAllAsync(over, cancellationToken);
        }
    }
}
