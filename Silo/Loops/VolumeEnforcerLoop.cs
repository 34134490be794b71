using SwarmOrleans.Contracts;
using SwarmOrleans.Orchestration;
using SwarmOrleans.Store;

namespace SwarmOrleans.Silo.Loops;

/// <summary>Rejects tasks whose volume is drained (ENF-7). It looks at tasks only when an operator drains one.</summary>
public sealed class VolumeEnforcerLoop(ISwarmStore store) : ILeaderLoop
{
    /// <inheritdoc />
    public async Task RunAsync(long term, CancellationToken cancellationToken)
    {
        while (true)
        {
            var view = store.Current;
            await EnforceAsync(view, [.. view.All<Volume>()], term, cancellationToken);
            try
            {
                await foreach (var batch in store.WatchAsync(view.Version, cancellationToken))
                {
                    await EnforceAsync(batch.View, [.. batch.Changes.Where(IsNewlyDrained).Select(c => (Volume)c.New!)], term, cancellationToken);
                }
            }
            catch (CompactedException)
            {
                // Changes were missed: look at every volume again.
            }
        }
    }

    private static bool IsNewlyDrained(StoreChange change) =>
        change.Kind == ObjectKind.Volume && change.New is Volume now && VolumeEnforcer.IsDrained(now) && (change.Old is not Volume old || !VolumeEnforcer.IsDrained(old));

    private async Task EnforceAsync(StoreView view, IReadOnlyList<Volume> volumes, long term, CancellationToken cancellationToken)
    {
        foreach (var volume in volumes.Where(VolumeEnforcer.IsDrained))
        {
            var rejections = VolumeEnforcer.FindViolations(volume, view.All<SwarmTask>())
                .Select(t => new StoreTransaction().UnderTerm(term).Update(Reject(t)))
                .ToList();
            await store.CommitAllAsync(rejections, cancellationToken);
        }
    }

    private static SwarmTask Reject(SwarmTask task)
    {
        var rejected = task.Clone();
        rejected.Status.State = TaskState.Rejected;
        rejected.Status.Message = "task rejected by volume enforcer";
        rejected.Status.Err = "attached to volume which is being drained";
        return rejected;
    }
}
