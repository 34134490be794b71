using SwarmOrleans.Contracts;
using SwarmOrleans.Orchestration;
using SwarmOrleans.Store;

namespace SwarmOrleans.Silo.Loops;

/// <summary>
/// Allocates networks, services' virtual IPs and nodes' addresses, beside the leader. That nothing is given twice does not rest on it: subnets, ids and
/// addresses are keys of the store, which decides when a transaction is applied.
/// </summary>
public sealed class AllocatorLoop(ISwarmStore store) : ILeaderLoop
{
    private const int MaxBatch = 1000;

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
        var allocator = new Allocator();
        var view = store.Current;
        Feed(allocator, view);
        await AllocateAsync(allocator, term, cancellationToken);
        await foreach (var batch in store.WatchAsync(view.Version, cancellationToken))
        {
            foreach (var change in batch.Changes)
            {
                Feed(allocator, change);
            }

            // What has been committed meanwhile is coming: decide on it all at once.
            if (batch.Version == store.Current.Version)
            {
                await AllocateAsync(allocator, term, cancellationToken);
            }
        }
    }

    private static void Feed(Allocator allocator, StoreView view)
    {
        allocator.SetCluster(view.Cluster);
        foreach (var network in view.All<Network>())
        {
            allocator.SetNetwork(network.Id, network);
        }

        foreach (var service in view.All<Service>())
        {
            allocator.SetService(null, service);
        }

        foreach (var node in view.All<Node>())
        {
            allocator.SetNode(null, node);
        }

        foreach (var task in view.All<SwarmTask>())
        {
            allocator.SetTask(null, task);
        }
    }

    private static void Feed(Allocator allocator, StoreChange change)
    {
        switch (change.Kind)
        {
            case ObjectKind.Cluster:
                allocator.SetCluster((Cluster?)change.New);
                break;
            case ObjectKind.Network:
                allocator.SetNetwork(change.Id, (Network?)change.New);
                break;
            case ObjectKind.Service:
                allocator.SetService((Service?)change.Old, (Service?)change.New);
                break;
            case ObjectKind.Node:
                allocator.SetNode((Node?)change.Old, (Node?)change.New);
                break;
            case ObjectKind.Task:
                allocator.SetTask((SwarmTask?)change.Old, (SwarmTask?)change.New);
                break;
        }
    }

    // What was not committed is decided again when the change that was in the way has been seen.
    private async Task AllocateAsync(Allocator allocator, long term, CancellationToken cancellationToken)
    {
        var isComplete = true;
        while (allocator.HasWork && isComplete)
        {
            var decisions = allocator.Plan(MaxBatch);
            var results = await store.CommitAllAsync([.. decisions.Select(d => AllocationTransaction.Of(d).UnderTerm(term))], cancellationToken);
            for (var i = 0; i < decisions.Count; i++)
            {
                if (results[i].Outcome == CommitOutcome.Unknown)
                {
                    throw new TimeoutException("it is not known whether an allocation was stored: all is looked at again");
                }

                if (!results[i].IsCommitted)
                {
                    allocator.Undo(decisions[i]);
                    isComplete = false;
                }
            }
        }
    }
}
