using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;
using SwarmOrleans.Orchestration;
using SwarmOrleans.Store;

namespace SwarmOrleans.Silo.Loops;

/// <summary>A scheduler, and what stands before it, on one store: it is fed with the store's state, and what it decides is committed.</summary>
internal sealed class PlacementWork
{
    private const int MaxBatch = 1000;

    private readonly ISwarmStore _store;
    private readonly TimeProvider _time;
    private readonly long _term;
    private readonly Scheduler _scheduler = new();
    private readonly TaskNetworks _networks;

    public PlacementWork(ISwarmStore store, TimeProvider time, long term)
    {
        (_store, _time, _term) = (store, time, term);
        _networks = new TaskNetworks(_scheduler);
    }

    /// <summary>All there is, once at the beginning.</summary>
    public void Feed(StoreView view)
    {
        _scheduler.SetCluster(view.Cluster);
        foreach (var network in view.All<Network>())
        {
            _networks.SetNetwork(network.Id, network);
        }

        foreach (var service in view.All<Service>())
        {
            _networks.SetService(null, service);
        }

        foreach (var node in view.All<Node>())
        {
            _networks.SetNode(null, node);
            _scheduler.SetNode(node.Id, node);
        }

        foreach (var volume in view.All<Volume>())
        {
            _scheduler.SetVolume(volume.Id, volume);
        }

        foreach (var task in view.All<SwarmTask>())
        {
            _networks.SetTask(null, task);
        }
    }

    /// <summary>What has changed since.</summary>
    public void Feed(StoreChange change)
    {
        switch (change.Kind)
        {
            case ObjectKind.Task:
                _networks.SetTask((SwarmTask?)change.Old, (SwarmTask?)change.New);
                break;
            case ObjectKind.Network:
                _networks.SetNetwork(change.Id, (Network?)change.New);
                break;
            case ObjectKind.Service:
                _networks.SetService((Service?)change.Old, (Service?)change.New);
                break;
            case ObjectKind.Node:
                _networks.SetNode((Node?)change.Old, (Node?)change.New);
                _scheduler.SetNode(change.Id, (Node?)change.New);
                break;
            case ObjectKind.Volume:
                _scheduler.SetVolume(change.Id, (Volume?)change.New);
                break;
            case ObjectKind.Cluster:
                _scheduler.SetCluster((Cluster?)change.New);
                break;
        }
    }

    /// <summary>Places what can be placed now, and tells the others why they cannot.</summary>
    public async Task PlaceAsync(CancellationToken cancellationToken)
    {
        // A note that is not written since its task has changed is made anew when that is seen.
        var notes = _networks.TakeNotes(Timestamp.FromDateTimeOffset(_time.GetUtcNow()), MaxBatch);
        await _store.CommitAllAsync([.. notes.Select(task => new StoreTransaction().UnderTerm(_term).Update(task))], cancellationToken);
        while (_scheduler.HasWork && await PlaceSomeAsync(cancellationToken))
        {
            // The next ones.
        }

        var freed = _scheduler.TakeFreedVolumes();
        await _store.CommitAllAsync([.. freed.Select(volume => new StoreTransaction().UnderTerm(_term).Update(volume))], cancellationToken);
    }

    // False when something was not committed: the change that was in the way must be seen before it is tried again.
    private async Task<bool> PlaceSomeAsync(CancellationToken cancellationToken)
    {
        var now = _time.GetUtcNow();
        var decisions = _scheduler.Plan(now, MaxBatch);
        if (decisions.Count == 0)
        {
            return false;
        }

        var timestamp = Timestamp.FromDateTimeOffset(now);
        var view = _store.Current;
        var transactions = new List<StoreTransaction>(decisions.Count);
        var committed = new List<PlacementDecision>(decisions.Count);
        var isComplete = true;
        foreach (var decision in decisions)
        {
            if (PlacementTransaction.Of(decision, view, _term, timestamp) is { } transaction)
            {
                transactions.Add(transaction);
                committed.Add(decision);
            }
            else
            {
                _scheduler.Undo(decision);
                isComplete = false;
            }
        }

        var results = await _store.CommitAllAsync(transactions, cancellationToken);
        for (var i = 0; i < committed.Count; i++)
        {
            if (!results[i].IsCommitted)
            {
                _scheduler.Undo(committed[i]);
                isComplete = false;
            }
        }

        return isComplete;
    }
}
