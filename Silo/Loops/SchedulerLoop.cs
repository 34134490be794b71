using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;
using SwarmOrleans.Orchestration;
using SwarmOrleans.Store;

namespace SwarmOrleans.Silo.Loops;

/// <summary>Places tasks, beside the leader. Every placement is bound to the term and to the node and volumes as they were seen.</summary>
public sealed class SchedulerLoop(ISwarmStore store, TimeProvider time) : ILeaderLoop
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
        var scheduler = new Scheduler();
        var networks = new TaskNetworks(scheduler);
        var view = store.Current;
        Feed(scheduler, networks, view);
        await PlaceAsync(scheduler, networks, term, cancellationToken);
        await foreach (var batch in store.WatchAsync(view.Version, cancellationToken))
        {
            foreach (var change in batch.Changes)
            {
                Feed(scheduler, networks, change);
            }

            // What has been committed meanwhile is coming: decide on it all at once.
            if (batch.Version == store.Current.Version)
            {
                await PlaceAsync(scheduler, networks, term, cancellationToken);
            }
        }
    }

    private static void Feed(Scheduler scheduler, TaskNetworks networks, StoreView view)
    {
        scheduler.SetCluster(view.Cluster);
        foreach (var network in view.All<Network>())
        {
            networks.SetNetwork(network.Id, network);
        }

        foreach (var service in view.All<Service>())
        {
            networks.SetService(null, service);
        }

        foreach (var node in view.All<Node>())
        {
            networks.SetNode(null, node);
            scheduler.SetNode(node.Id, node);
        }

        foreach (var volume in view.All<Volume>())
        {
            scheduler.SetVolume(volume.Id, volume);
        }

        foreach (var task in view.All<SwarmTask>())
        {
            networks.SetTask(null, task);
        }
    }

    private static void Feed(Scheduler scheduler, TaskNetworks networks, StoreChange change)
    {
        switch (change.Kind)
        {
            case ObjectKind.Task:
                networks.SetTask((SwarmTask?)change.Old, (SwarmTask?)change.New);
                break;
            case ObjectKind.Network:
                networks.SetNetwork(change.Id, (Network?)change.New);
                break;
            case ObjectKind.Service:
                networks.SetService((Service?)change.Old, (Service?)change.New);
                break;
            case ObjectKind.Node:
                networks.SetNode((Node?)change.Old, (Node?)change.New);
                scheduler.SetNode(change.Id, (Node?)change.New);
                break;
            case ObjectKind.Volume:
                scheduler.SetVolume(change.Id, (Volume?)change.New);
                break;
            case ObjectKind.Cluster:
                scheduler.SetCluster((Cluster?)change.New);
                break;
        }
    }

    private async Task PlaceAsync(Scheduler scheduler, TaskNetworks networks, long term, CancellationToken cancellationToken)
    {
        // A note that is not written since its task has changed is made anew when that is seen.
        var notes = networks.TakeNotes(Timestamp.FromDateTimeOffset(time.GetUtcNow()), MaxBatch);
        await store.CommitAllAsync([.. notes.Select(task => new StoreTransaction().UnderTerm(term).Update(task))], cancellationToken);
        while (scheduler.HasWork && await PlaceSomeAsync(scheduler, term, cancellationToken))
        {
            // The next ones.
        }

        var freed = scheduler.TakeFreedVolumes();
        await store.CommitAllAsync([.. freed.Select(volume => new StoreTransaction().UnderTerm(term).Update(volume))], cancellationToken);
    }

    // False when something was not committed: the change that was in the way must be seen before it is tried again.
    private async Task<bool> PlaceSomeAsync(Scheduler scheduler, long term, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var decisions = scheduler.Plan(now, MaxBatch);
        if (decisions.Count == 0)
        {
            return false;
        }

        var timestamp = Timestamp.FromDateTimeOffset(now);
        var view = store.Current;
        var transactions = new List<StoreTransaction>(decisions.Count);
        var committed = new List<PlacementDecision>(decisions.Count);
        var isComplete = true;
        foreach (var decision in decisions)
        {
            if (PlacementTransaction.Of(decision, view, term, timestamp) is { } transaction)
            {
                transactions.Add(transaction);
                committed.Add(decision);
            }
            else
            {
                scheduler.Undo(decision);
                isComplete = false;
            }
        }

        var results = await store.CommitAllAsync(transactions, cancellationToken);
        for (var i = 0; i < committed.Count; i++)
        {
            if (!results[i].IsCommitted)
            {
                scheduler.Undo(committed[i]);
                isComplete = false;
            }
        }

        return isComplete;
    }
}
