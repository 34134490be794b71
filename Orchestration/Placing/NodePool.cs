namespace SwarmOrleans.Orchestration;

/// <summary>
/// The nodes that satisfy one set of static filters, parted by one list of preferences, each leaf in the order of load. All groups of tasks that
/// ask for the same share it, and a change of one node's load costs it constant time.
/// </summary>
internal sealed class NodePool
{
    // A share of what is reserved, in 1/256, is fine enough to tell which node is fuller.
    private const int PackingLevels = 256;

    private readonly PlacementFilter[] _filters;
    private readonly List<LoadLevels> _leaves = [];
    private bool[] _isMember = [];

    /// <summary>An empty pool for what the group asks.</summary>
    public NodePool(PlacementGroup group, bool isPacking)
    {
        Key = group.PoolKey;
        IsPacking = isPacking;
        _filters = group.StaticFilters;
        Tree = new SpreadTree(group.Descriptors);
        AddLeaves();
    }

    /// <summary>What groups must ask for to share it.</summary>
    public string Key { get; }

    /// <summary>True when the fullest nodes come first, else those with the fewest tasks.</summary>
    public bool IsPacking { get; }

    /// <summary>The branches of the preferences.</summary>
    public SpreadTree Tree { get; }

    /// <summary>Neighbours and leaves of the nodes.</summary>
    public NodeLinks Links { get; } = new();

    /// <summary>Grows when a node comes to another leaf, begins or ceases to satisfy the filters, is new or gone.</summary>
    public long Structure { get; private set; }

    /// <summary>True once the scheduler has dropped it: what it says is old.</summary>
    public bool IsDropped { get; set; }

    /// <summary>When it was used last, in the scheduler's own count.</summary>
    public long UsedAt { get; set; }

    public LoadLevels Leaf(int leaf) => _leaves[leaf];

    public int LeafOf(int node) => node < Links.Leaf.Length ? Links.Leaf[node] : LoadLevels.None;

    /// <summary>True when the node satisfies the static filters.</summary>
    public bool IsMember(int node) => node < _isMember.Length && _isMember[node] && Links.Leaf[node] != LoadLevels.None;

    /// <summary>True when the node satisfies the static filters and takes tasks.</summary>
    public bool IsCandidate(int node) => node < Links.Level.Length && Links.Level[node] != LoadLevels.None;

    /// <summary>The node object is new or has changed, or is gone.</summary>
    public void SetNode(NodeLoad node)
    {
        Links.Ensure(node.Index);
        if (_isMember.Length < Links.Leaf.Length)
        {
            Array.Resize(ref _isMember, Links.Leaf.Length);
        }

        var leaf = Tree.LeafOf(node.Node);
        AddLeaves();
        if (leaf != Links.Leaf[node.Index])
        {
            Unlink(node.Index);
            Links.Leaf[node.Index] = leaf;
            Structure++;
        }

        var isMember = node.Node is not null && Array.TrueForAll(_filters, f => f.Passes(node));
        if (isMember != _isMember[node.Index])
        {
            _isMember[node.Index] = isMember;
            Structure++;
        }

        Update(node);
    }

    /// <summary>The node's number stands for nothing any more.</summary>
    public void Forget(NodeLoad node)
    {
        if (LeafOf(node.Index) != LoadLevels.None)
        {
            Unlink(node.Index);
            Links.Leaf[node.Index] = LoadLevels.None;
            Structure++;
        }
    }

    /// <summary>What runs on the node, or its readiness, has changed.</summary>
    public void Update(NodeLoad node)
    {
        var index = node.Index;
        if (!_isMember[index])
        {
            Unlink(index);
            return;
        }

        var level = node.IsReady ? LevelOf(node) : LoadLevels.None;
        if (level == Links.Level[index])
        {
            return;
        }

        Unlink(index);
        if (level != LoadLevels.None)
        {
            _leaves[Links.Leaf[index]].Link(index, level, Links);
        }
    }

    private void AddLeaves()
    {
        while (_leaves.Count < Tree.Leaves)
        {
            _leaves.Add(new LoadLevels());
        }
    }

    private int LevelOf(NodeLoad node) =>
        IsPacking ? PackingLevels - 1 - (int)(node.ReservedShare * (PackingLevels - 1)) : node.ActiveTasks;

    private void Unlink(int index)
    {
        if (Links.Level[index] != LoadLevels.None)
        {
            _leaves[Links.Leaf[index]].Unlink(index, Links);
        }
    }
}
