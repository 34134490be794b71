namespace SwarmOrleans.Orchestration;

/// <summary>
/// Finds the nodes for the tasks of one group, one after the other. Nodes without a task of the service come from the front of the pool; where
/// that would pass over many that have one, or all have one, the service's own order is used.
/// </summary>
internal sealed class NodePicker(IReadOnlyList<NodeLoad?> nodes, ChangeLog log)
{
    private const int MaxOrders = 32;
    private const int MaxSkipped = 16;
    private const int WorthOfAnOrder = 4;

    private readonly List<ServiceOrder> _orders = [];
    private Cursor[] _cursors = [];
    private PlacementGroup _group = null!;
    private NodePool _pool = null!;
    private BranchCounts? _branches;
    private ServiceOrder? _order;
    private long _round;

    /// <summary>The next calls are about this group.</summary>
    public void Begin(PlacementGroup group, NodePool pool)
    {
        (_group, _pool, _order, _branches) = (group, pool, null, null);
        _round++;
        if (_cursors.Length < pool.Tree.Leaves)
        {
            Array.Resize(ref _cursors, Math.Max(pool.Tree.Leaves, _cursors.Length * 2));
        }

        if (!pool.Tree.IsFlat)
        {
            if (group.Service.Branches is not { } known || known.Pool != pool || known.Structure != pool.Structure)
            {
                group.Service.Branches = new BranchCounts(pool, group.Service.Counts, Turn(group.Service.Id));
            }

            _branches = group.Service.Branches;
        }
    }

    /// <summary>The best node that can take one more task; null when there is none. The caller places the task there before it asks again.</summary>
    public NodeLoad? Next()
    {
        if (_branches is null)
        {
            return _pool.Tree.Leaves == 0 ? null : PickIn(0);
        }

        while (_branches.Fewest() is var leaf && leaf >= 0)
        {
            if (PickIn(leaf) is { } node)
            {
                return node;
            }

            _branches.Exclude(leaf);
        }

        return null;
    }

    /// <summary>The task was placed on the node.</summary>
    public void Placed(NodeLoad node) => _order?.Update(node.Index);

    /// <summary>The group is done with.</summary>
    public void End()
    {
        _branches?.Restore();
        _order?.Restore(log);
    }

    private NodeLoad? PickIn(int leaf)
    {
        if (_pool.Leaf(leaf).First() == LoadLevels.None)
        {
            return null;
        }

        ref var cursor = ref _cursors[leaf];
        if (cursor.Round != _round)
        {
            cursor = new Cursor { Round = _round, Node = _pool.Leaf(leaf).First() };
        }

        if (_pool.IsPacking)
        {
            return PickFullest(leaf, ref cursor);
        }

        return cursor.IsAtEnd ? PickInOrder(leaf) : PickNew(leaf, ref cursor);
    }

    private NodeLoad? PickNew(int leaf, ref Cursor cursor)
    {
        var counts = _group.Service.Counts;
        var levels = _pool.Leaf(leaf);
        while (cursor.Node != LoadLevels.None && (cursor.Skipped <= MaxSkipped + (2 * cursor.Taken) || IsCheaperToSkip()))
        {
            var index = cursor.Node;
            cursor.Node = levels.After(index, _pool.Links);
            if (counts[index] > 0)
            {
                cursor.Skipped++;
            }
            else if (nodes[index]!.Passes(_group) && !IsPenalized(index))
            {
                cursor.Taken++;
                return nodes[index];
            }
        }

        // From here on the order of the service decides, if there is more than has been seen.
        cursor.IsAtEnd = true;
        return PickInOrder(leaf);
    }

    // Making an order costs more than passing over every node once; who does that again and again should make one.
    private bool IsCheaperToSkip() =>
        _group.Service.Order is null && _group.Service.Skipped++ < (long)WorthOfAnOrder * nodes.Count;

    private NodeLoad? PickInOrder(int leaf)
    {
        if (_group.Service.Counts.Nodes == 0 && _group.Service.Failures is null)
        {
            return null;
        }

        _order ??= Order();
        while (_order.Best(leaf) is var index && index >= 0)
        {
            if (nodes[index]!.Passes(_group))
            {
                return nodes[index];
            }

            _order.Exclude(index);
        }

        return null;
    }

    // The node stays the fullest until it can take no more.
    private NodeLoad? PickFullest(int leaf, ref Cursor cursor)
    {
        var levels = _pool.Leaf(leaf);
        while (cursor.Node != LoadLevels.None)
        {
            var node = nodes[cursor.Node]!;
            if (node.Passes(_group) && !IsPenalized(cursor.Node))
            {
                // Taking the task, it may come before others: those after it are looked up while it is where it was.
                cursor.Following = cursor.Taken++ == 0 ? levels.After(cursor.Node, _pool.Links) : cursor.Following;
                return node;
            }

            cursor.Node = cursor.Taken > 0 ? cursor.Following : levels.After(cursor.Node, _pool.Links);
            cursor.Taken = 0;
        }

        return LeastPenalized();
    }

    private NodeLoad? LeastPenalized()
    {
        NodeLoad? best = null;
        if (_group.Service.Failures is not { } failures)
        {
            return null;
        }

        foreach (var index in failures.Penalized(_group.Version))
        {
            if (_pool.IsCandidate(index) && nodes[index]!.Passes(_group)
                && (best is null || failures.Penalty(_group.Version, index) < failures.Penalty(_group.Version, best.Index)))
            {
                best = nodes[index];
            }
        }

        return best;
    }

    private bool IsPenalized(int node) => _group.Service.Failures?.Penalty(_group.Version, node) > 0;

    private ServiceOrder Order()
    {
        var service = _group.Service;
        var order = service.Order;
        if (order is null || !order.TrySync(_pool, _group.Version, log))
        {
            order ??= FreeOrder();
            order.Reset(_pool, service, _group.Version, log);
            (service.Order, service.Skipped) = (order, 0);
        }

        order.UsedAt = _round;
        return order;
    }

    private ServiceOrder FreeOrder()
    {
        if (_orders.Count < MaxOrders)
        {
            _orders.Add(new ServiceOrder(nodes));
            return _orders[^1];
        }

        var oldest = _orders.MinBy(o => o.Service is null ? -1 : o.UsedAt)!;
        if (oldest.Service is { } service)
        {
            service.Order = null;
        }

        return oldest;
    }

    private static int Turn(string id)
    {
        var turn = 0;
        foreach (var letter in id)
        {
            turn = ((turn * 31) + letter) & 0xFFFFFF;
        }

        return turn;
    }

    private struct Cursor
    {
        public long Round;
        public int Node;
        public int Following;
        public int Taken;
        public int Skipped;
        public bool IsAtEnd;
    }
}
