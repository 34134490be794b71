namespace SwarmOrleans.Orchestration;

/// <summary>How many tasks of one service run in each branch of a <see cref="SpreadTree"/>, and where the fewest are (SCH-17, SCH-19).</summary>
internal sealed class BranchCounts
{
    private readonly int _size;
    private readonly int _turn;
    private readonly int[] _counts;
    private readonly int[] _branchOfLeaf;
    private readonly MinTree?[] _children;
    private readonly List<int> _excluded = [];

    /// <summary>Counts what runs now.</summary>
    /// <param name="pool">The nodes, by leaf.</param>
    /// <param name="service">The tasks, by node.</param>
    /// <param name="turn">Moves the order of equal branches, so that many small services do not all prefer the same.</param>
    public BranchCounts(NodePool pool, NodeCounts service, int turn)
    {
        (Pool, _turn) = (pool, turn);
        var tree = pool.Tree;
        (Structure, _size) = (pool.Structure, tree.Count);
        _counts = new int[_size];
        _branchOfLeaf = new int[tree.Leaves];
        _children = new MinTree?[_size];
        foreach (var (node, count) in service.All())
        {
            if (pool.LeafOf(node) is var leaf && leaf != LoadLevels.None)
            {
                _branchOfLeaf[leaf] += count;
            }
        }

        // From the last branch to the first: a branch's number is larger than its parent's.
        for (var branch = _size - 1; branch > 0; branch--)
        {
            if (tree[branch].Leaf is var leaf && leaf >= 0)
            {
                _counts[branch] = _branchOfLeaf[leaf];
                _branchOfLeaf[leaf] = branch;
            }

            _counts[tree[branch].Parent] += _counts[branch];
        }

        for (var branch = 1; branch < _size; branch++)
        {
            var parent = tree[branch].Parent;
            (_children[parent] ??= new MinTree(tree[parent].Children.Count)).Set(tree[branch].Slot, KeyOf(branch));
        }
    }

    /// <summary>The pool whose leaves it counts by.</summary>
    public NodePool Pool { get; }

    /// <summary>Structure of the pool when it was made; another means that it counts no longer what is there.</summary>
    public long Structure { get; }

    /// <summary>Number of tasks in a branch.</summary>
    public int this[int branch] => _counts[branch];

    /// <summary>The service got a task on the node, or lost one.</summary>
    public void Add(int node, int difference)
    {
        var leaf = Pool.LeafOf(node);
        if (Pool.Structure != Structure || leaf == LoadLevels.None)
        {
            return;
        }

        var tree = Pool.Tree;
        for (var branch = _branchOfLeaf[leaf]; branch >= 0; branch = tree[branch].Parent)
        {
            _counts[branch] += difference;
            if (branch > 0 && _children[tree[branch].Parent] is { } siblings && siblings[tree[branch].Slot] != MinTree.Absent)
            {
                siblings.Set(tree[branch].Slot, KeyOf(branch));
            }
        }
    }

    /// <summary>The leaf to which the next task goes: at each level into the branch with the fewest. -1 when all have been excluded.</summary>
    public int Fewest()
    {
        var branch = 0;
        while (_children[branch] is { } children)
        {
            var slot = children.First();
            if (slot < 0)
            {
                return -1;
            }

            branch = Pool.Tree[branch].Children[slot];
        }

        return Pool.Tree[branch].Leaf;
    }

    /// <summary>No node of the leaf can take a task; branches with nothing else are excluded with it.</summary>
    public void Exclude(int leaf)
    {
        for (var branch = _branchOfLeaf[leaf]; branch > 0; branch = Pool.Tree[branch].Parent)
        {
            var siblings = _children[Pool.Tree[branch].Parent]!;
            siblings.Set(Pool.Tree[branch].Slot, MinTree.Absent);
            _excluded.Add(branch);
            if (siblings.Min != MinTree.Absent)
            {
                return;
            }
        }
    }

    /// <summary>Takes back what was excluded.</summary>
    public void Restore()
    {
        foreach (var branch in _excluded)
        {
            _children[Pool.Tree[branch].Parent]!.Set(Pool.Tree[branch].Slot, KeyOf(branch));
        }

        _excluded.Clear();
    }

    private long KeyOf(int branch)
    {
        var siblings = Pool.Tree[Pool.Tree[branch].Parent].Children.Count;
        return ((long)_counts[branch] << 32) | (uint)((Pool.Tree[branch].Slot + (_turn % siblings)) % siblings);
    }
}
