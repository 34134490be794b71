using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;
using SwarmOrleans.Store;

namespace SwarmOrleans.Silo.Reconciling;

/// <summary>Gives up the tasks of a node that has been down for a day (B.4): the body of a <c>NodeGrain</c>, without Orleans.</summary>
public sealed class NodeRunner(ISwarmStore store, TimeProvider time)
{
    private static readonly TimeSpan OrphanAfter = TimeSpan.FromHours(24);
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(200);

    /// <summary>Does what is due for the node.</summary>
    public async Task<ReconcileResult> ReconcileAsync(string nodeId, CancellationToken cancellationToken)
    {
        var view = store.Current;
        if (view.Find<Node>(nodeId) is not { Status.State: NodeStatus.Types.State.Down } node)
        {
            return new ReconcileResult(view.Version, null);
        }

        var due = node.Meta.UpdatedAt.ToDateTimeOffset() + OrphanAfter;
        if (due > time.GetUtcNow())
        {
            return new ReconcileResult(view.Version, due);
        }

        var orphans = view.Tasks.OfNode(nodeId)
            .Where(t => t.Status.State is >= TaskState.Assigned and <= TaskState.Running)
            .Select(t => new StoreTransaction().RequireUnchanged(node).Update(Orphan(t)))
            .ToList();
        var results = await store.CommitAllAsync(orphans, cancellationToken);
        return results.All(r => r.IsCommitted)
            ? new ReconcileResult(view.Version, null)
            : new ReconcileResult(0, time.GetUtcNow() + RetryPause);
    }

    private SwarmTask Orphan(SwarmTask task)
    {
        var orphan = task.Clone();
        orphan.Status.State = TaskState.Orphaned;
        orphan.Status.Timestamp = Timestamp.FromDateTimeOffset(time.GetUtcNow());
        return orphan;
    }
}
