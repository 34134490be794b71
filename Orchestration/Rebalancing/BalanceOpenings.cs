using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>Which nodes may get tasks of a service by a rebalance.</summary>
internal sealed class BalanceOpenings
{
    private readonly BalanceInput _input;
    private readonly PlacementGroup _group;
    private readonly Dictionary<string, DateTimeOffset> _failures = [];

    public BalanceOpenings(BalanceInput input, PlacementGroup group)
    {
        (_input, _group) = (input, group);
        foreach (var task in input.Tasks)
        {
            if (task.HasFailed() && task.NodeId.Length > 0 && task.StateTime() is var at && at + Rebalancer.FailureMemory > input.Now)
            {
                _failures[task.NodeId] = _failures.GetValueOrDefault(task.NodeId) is var known && known > at ? known : at;
            }
        }
    }

    /// <summary>When the next node that was refused for its youth alone, or for a failure, will not be any more.</summary>
    public DateTimeOffset? LookAgainAt { get; private set; }

    /// <summary>The node is READY and ACTIVE, suits the tasks, has been so for a while, and no task of the service failed there lately.</summary>
    public bool IsOpen(Node node)
    {
        if (!TaskFacts.IsOpen(node) || !Suits(node))
        {
            return false;
        }

        var from = (node.Meta?.UpdatedAt?.ToDateTimeOffset() ?? DateTimeOffset.MinValue) is var since && since > DateTimeOffset.MinValue
            ? since + _input.SteadyFor
            : since;
        if (_failures.TryGetValue(node.Id, out var failed) && failed + Rebalancer.FailureMemory > from)
        {
            from = failed + Rebalancer.FailureMemory;
        }

        if (from <= _input.Now)
        {
            return true;
        }

        LookAgainAt = LookAgainAt is null || from < LookAgainAt ? from : LookAgainAt;
        return false;
    }

    private bool Suits(Node node)
    {
        if (_group.StaticFilters.Length == 0)
        {
            return true;
        }

        var load = new NodeLoad(node.Id, 0);
        load.Set(node);
        return Array.TrueForAll(_group.StaticFilters, f => f.Passes(load));
    }
}
