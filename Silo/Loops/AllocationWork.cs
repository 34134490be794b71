using SwarmOrleans.Contracts;
using SwarmOrleans.Orchestration;
using SwarmOrleans.Store;

namespace SwarmOrleans.Silo.Loops;

/// <summary>An allocator on one store: it is fed with the store's state, and what it decides is committed, bound to a leadership.</summary>
internal sealed class AllocationWork(ISwarmStore store, long term)
{
    private const int MaxBatch = 1000;

    private readonly Allocator _allocator = new();

    /// <summary>All there is, once at the beginning.</summary>
    public void Feed(StoreView view)
    {
        _allocator.SetCluster(view.Cluster);
        foreach (var network in view.All<Network>())
        {
            _allocator.SetNetwork(network.Id, network);
        }

        foreach (var service in view.All<Service>())
        {
            _allocator.SetService(null, service);
        }

        foreach (var node in view.All<Node>())
        {
            _allocator.SetNode(null, node);
        }

        foreach (var task in view.All<SwarmTask>())
        {
            _allocator.SetTask(null, task);
        }
    }

    /// <summary>What has changed since.</summary>
    public void Feed(StoreChange change)
    {
        switch (change.Kind)
        {
            case ObjectKind.Cluster:
                _allocator.SetCluster((Cluster?)change.New);
                break;
            case ObjectKind.Network:
                _allocator.SetNetwork(change.Id, (Network?)change.New);
                break;
            case ObjectKind.Service:
                _allocator.SetService((Service?)change.Old, (Service?)change.New);
                break;
            case ObjectKind.Node:
                _allocator.SetNode((Node?)change.Old, (Node?)change.New);
                break;
            case ObjectKind.Task:
                _allocator.SetTask((SwarmTask?)change.Old, (SwarmTask?)change.New);
                break;
        }
    }

    /// <summary>Allocates what can be allocated now. What was not committed is decided again when the change that was in the way has been seen.</summary>
    /// <exception cref="TimeoutException">It is not known whether something was stored.</exception>
    public async Task AllocateAsync(CancellationToken cancellationToken)
    {
        var isComplete = true;
        while (_allocator.HasWork && isComplete)
        {
            var decisions = _allocator.Plan(MaxBatch);
            var results = await store.CommitAllAsync([.. decisions.Select(d => AllocationTransaction.Of(d).UnderTerm(term))], cancellationToken);
            for (var i = 0; i < decisions.Count; i++)
            {
                if (results[i].Outcome == CommitOutcome.Unknown)
                {
                    throw new TimeoutException("it is not known whether an allocation was stored: all is looked at again");
                }

                if (!results[i].IsCommitted)
                {
                    _allocator.Undo(decisions[i]);
                    isComplete = false;
                }
            }
        }
    }
}
