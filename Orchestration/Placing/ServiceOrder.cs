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
    private readonly ServiceLoad _service;
    private readonly ulong _version;
    private readonly int[] _positions;
    private readonly int[] _nodeAt;
    private readonly int[] _starts;
    private readonly MinTree _keys;
    private readonly long _structure;
    private readonly List<int> _excluded = [];
    private long _synced;

    /// <summary>Takes all nodes of the pool, a leaf after the other.</summary>
    public ServiceOrder(NodePool pool, ServiceLoad service, ulong version, IReadOnlyList<NodeLoad?> nodes, ChangeLog log)
    {
        (Pool, _service, _version, _nodes, _structure, _synced) = (pool, service, version, nodes, pool.Structure, log.End);
        _starts = new int[pool.Tree.Leaves + 1];
        for (var node = 0; node < nodes.Count; node++)
        {
            if (pool.LeafOf(node) is var leaf && leaf != LoadLevels.None)
            {
                _starts[leaf + 1]++;
            }
        }

        for (var leaf = 1; leaf < _starts.Length; leaf++)
        {
            _starts[leaf] += _starts[leaf - 1];
        }

        _positions = new int[nodes.Count];
        _nodeAt = new int[_starts[^1]];
        var next = _starts.AsSpan(0, _starts.Length - 1).ToArray();
        var keys = new long[_nodeAt.Length];
        for (var node = 0; node < nodes.Count; node++)
        {
            var leaf = pool.LeafOf(node);
            _positions[node] = leaf == LoadLevels.None ? -1 : next[leaf]++;
            if (_positions[node] >= 0)
            {
                _nodeAt[_positions[node]] = node;
                keys[_positions[node]] = KeyOf(node);
            }
        }

        _keys = new MinTree(keys.Length);
        _keys.Fill(keys);
    }

    public NodePool Pool { get; }

    public ServiceLoad Service => _service;

    /// <summary>When it was used last, in the scheduler's own count.</summary>
    public long UsedAt { get; set; }

    /// <summary>Takes in what changed since it was used; false when it must be made anew.</summary>
    public bool TrySync(NodePool pool, ulong version, ChangeLog log)
    {
        if (pool != Pool || pool.Structure != _structure || version != _version || !log.Reaches(_synced))
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

    private long KeyOf(int node)
    {
        if (!Pool.IsCandidate(node) || _nodes[node] is not { } load)
        {
            return MinTree.Absent;
        }

        var failures = Math.Min(MaxFailures, _service.Failures?.Penalty(_version, node) ?? 0);
        var ofService = Math.Min(MaxCount, _service.Counts[node]);
        return ((long)failures << (2 * CountBits)) | ((long)ofService << CountBits) | (long)Math.Min(MaxCount, load.ActiveTasks);
    }
}
