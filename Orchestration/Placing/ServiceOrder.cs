namespace SwarmOrleans.Orchestration;

/// <summary>
/// The candidates of a pool in the order in which one version of a service takes them: fewer recent failures, fewer of its tasks, fewer tasks
/// (SCH-15). Made for services that run on many nodes, and brought up to date from the change log when it is used again.
/// </summary>
internal sealed class ServiceOrder
{
    private const int MaxFailures = (1 << 10) - 1;
    private const int MaxCount = (1 << 26) - 1;
    private const int CountBits = 26;

    private readonly IReadOnlyList<NodeLoad?> _nodes;
    private readonly List<int> _excluded = [];
    private readonly MinTree _keys = new(0);
    private NodePool _pool = null!;
    private ulong _version;
    private int[] _positions = [];
    private int[] _nodeAt = [];
    private int[] _starts = [];
    private int[] _next = [];
    private long _structure;
    private long _synced;

    /// <summary>An order of nothing yet.</summary>
    public ServiceOrder(IReadOnlyList<NodeLoad?> nodes) => _nodes = nodes;

    /// <summary>The service that it is of now.</summary>
    public ServiceLoad? Service { get; private set; }

    /// <summary>When it was used last, in the scheduler's own count.</summary>
    public long UsedAt { get; set; }

    /// <summary>Takes all nodes that satisfy the pool's filters, a leaf after the other. The arrays are used again: they are large.</summary>
    public void Reset(NodePool pool, ServiceLoad service, ulong version, ChangeLog log)
    {
        (_pool, Service, _version, _structure, _synced) = (pool, service, version, pool.Structure, log.End);
        var leaves = pool.Tree.Leaves;
        Ensure(ref _starts, leaves + 1);
        Ensure(ref _next, leaves);
        Ensure(ref _positions, _nodes.Count);
        Array.Clear(_starts);
        for (var node = 0; node < _nodes.Count; node++)
        {
            if (pool.IsMember(node))
            {
                _starts[pool.LeafOf(node) + 1]++;
            }
        }

        for (var leaf = 0; leaf < leaves; leaf++)
        {
            _starts[leaf + 1] += _starts[leaf];
            _next[leaf] = _starts[leaf];
        }

        Ensure(ref _nodeAt, _starts[leaves]);
        _keys.Reset(_starts[leaves]);
        for (var node = 0; node < _positions.Length; node++)
        {
            _positions[node] = pool.IsMember(node) ? _next[pool.LeafOf(node)]++ : -1;
            if (_positions[node] >= 0)
            {
                _nodeAt[_positions[node]] = node;
                _keys.Prepare(_positions[node], KeyOf(node));
            }
        }

        _keys.Build();
    }

    /// <summary>The service has no tasks any more.</summary>
    public void Forget() => (Service, _pool) = (null, null!);

    /// <summary>Takes in what changed since it was used; false when it must be made anew.</summary>
    public bool TrySync(NodePool pool, ulong version, ChangeLog log)
    {
        if (pool != _pool || pool.Structure != _structure || version != _version || !log.Reaches(_synced))
        {
            return false;
        }

        for (; _synced < log.End; _synced++)
        {
            Update(log[_synced]);
        }

        return true;
    }

    /// <summary>The best node of a leaf that has not been excluded, or -1.</summary>
    public int Best(int leaf)
    {
        var position = _keys.First(_starts[leaf], _starts[leaf + 1]);
        return position < 0 ? -1 : _nodeAt[position];
    }

    /// <summary>The node's load has changed.</summary>
    public void Update(int node)
    {
        if (node < _positions.Length && _positions[node] is var position and >= 0)
        {
            _keys.Set(position, KeyOf(node));
        }
    }

    /// <summary>The node cannot take a task of the group.</summary>
    public void Exclude(int node)
    {
        _excluded.Add(node);
        _keys.Set(_positions[node], MinTree.Absent);
    }

    /// <summary>Takes back what was excluded.</summary>
    public void Restore(ChangeLog log)
    {
        foreach (var node in _excluded)
        {
            Update(node);
        }

        _excluded.Clear();
        _synced = log.End;
    }

    private static void Ensure(ref int[] array, int length)
    {
        if (array.Length < length)
        {
            array = new int[Math.Max(length, array.Length * 2)];
        }
    }

    private long KeyOf(int node)
    {
        if (!_pool.IsCandidate(node) || _nodes[node] is not { } load)
        {
            return MinTree.Absent;
        }

        var failures = Math.Min(MaxFailures, Service!.Failures?.Penalty(_version, node) ?? 0);
        var ofService = Math.Min(MaxCount, Service!.Counts[node]);
        return ((long)failures << (2 * CountBits)) | ((long)ofService << CountBits) | (long)Math.Min(MaxCount, load.ActiveTasks);
    }
}
