using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

// The nodes, and what is kept by node.
public sealed partial class Scheduler
{
    private const int MaxPools = 64;

    // Tasks can be known before their node is, and outlive it: those nodes have no node object.
    private readonly List<NodeLoad?> _nodes = [];
    private readonly Dictionary<string, NodeLoad> _nodesById = [];
    private readonly Stack<int> _freeIndexes = [];
    private readonly List<NodePool> _pools = [];
    private readonly ChangeLog _log = new();
    private readonly NodePicker _picker;
    private long _uses;

    /// <summary>A node is new or has changed, or, when <paramref name="now"/> is null, is gone (SCH-8).</summary>
    public void SetNode(string id, Node? now)
    {
        if (now is null && !_nodesById.ContainsKey(id))
        {
            return;
        }

        var node = NodeOf(id);
        node.Set(now);
        foreach (var pool in _pools)
        {
            if (now is null)
            {
                pool.Forget(node);
            }
            else
            {
                pool.SetNode(node);
            }
        }

        Touch(node);
        _hasWork = true;
        DropIfUnused(node);
    }

    private NodeLoad NodeOf(string id)
    {
        if (_nodesById.TryGetValue(id, out var node))
        {
            return node;
        }

        if (_freeIndexes.TryPop(out var index))
        {
            node = _nodes[index] = new NodeLoad(id, index);
        }
        else
        {
            node = new NodeLoad(id, _nodes.Count);
            _nodes.Add(node);
        }

        _nodesById.Add(id, node);
        return node;
    }

    /// <summary>What runs on the node, or the node, has changed.</summary>
    private void Touch(NodeLoad node)
    {
        _log.Add(node.Index);
        if (node.Node is not null)
        {
            foreach (var pool in _pools)
            {
                pool.Update(node);
            }
        }

        RetryPreassigned(node);
    }

    private void RetryPreassigned(NodeLoad node)
    {
        if (node.Blocked is { Count: > 0 } blocked)
        {
            _preassigned.AddRange(blocked);
            blocked.Clear();
        }
    }

    // Volumes belong to no node.
    private void RetryPreassigned()
    {
        foreach (var node in _nodes)
        {
            if (node is not null)
            {
                RetryPreassigned(node);
            }
        }
    }

    private void DropIfUnused(NodeLoad node)
    {
        if (node.Node is null && node.Tasks == 0 && node.Failures == 0 && node.Blocked is not { Count: > 0 } && _nodesById.Remove(node.Id))
        {
            _nodes[node.Index] = null;
            _freeIndexes.Push(node.Index);
            _log.Add(node.Index);
        }
    }

    private void ForgetFailures(DateTimeOffset now)
    {
        foreach (var (service, index) in _failures.Expire(now))
        {
            var node = _nodes[index]!;
            node.Failures--;
            Touch(node);
            DropIfUnused(node);
            DropIfUnused(service);
        }
    }

    private NodePool PoolOf(PlacementGroup group)
    {
        var isPacking = IsPacking(group);
        if (group.Pool is not { IsDropped: false } pool || pool.IsPacking != isPacking)
        {
            pool = _pools.Find(p => p.IsPacking == isPacking && p.Key == group.PoolKey) ?? MakePool(group, isPacking);
            group.Pool = pool;
        }

        pool.UsedAt = ++_uses;
        return pool;
    }

    // What reserves nothing has no fullest node that could still take it: such tasks are spread.
    private bool IsPacking(PlacementGroup group) =>
        (group.Cpu > 0 || group.Memory > 0)
        && (group.Strategy == Placement.Types.Strategy.Binpack || (group.Strategy == Placement.Types.Strategy.Default && _isPackingDefault));

    private NodePool MakePool(PlacementGroup group, bool isPacking)
    {
        if (_pools.Count == MaxPools)
        {
            var oldest = _pools.MinBy(p => p.UsedAt)!;
            oldest.IsDropped = true;
            _pools.Remove(oldest);
        }

        var pool = new NodePool(group, isPacking);
        foreach (var node in _nodes)
        {
            if (node?.Node is not null)
            {
                pool.SetNode(node);
            }
        }

        _pools.Add(pool);
        return pool;
    }
}
