using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>
/// A branch of nodes, as placement preferences make them, or a single node. It knows how many tasks of one service run in it, and which of its children has
/// the most that may leave, and which the fewest that can take more, each in logarithmic time.
/// </summary>
internal sealed class BalanceBranch
{
    private readonly List<BalanceBranch> _children = [];
    private readonly BalanceBranch? _parent;
    private readonly int _place;
    private MinTree? _sources;
    private MinTree? _targets;

    /// <summary>A branch below another one, or, with null, the root.</summary>
    public BalanceBranch(BalanceBranch? parent)
    {
        _parent = parent;
        _place = parent?._children.Count ?? 0;
        parent?._children.Add(this);
    }

    /// <summary>The node, for a branch that is one.</summary>
    public Node? Node { get; init; }

    /// <summary>Most tasks of the service on the node.</summary>
    public int Capacity { get; init; } = int.MaxValue;

    /// <summary>The node can take tasks, as far as is known.</summary>
    public bool IsOpen { get; set; }

    /// <summary>Tasks on the node that may leave it, the first to leave last.</summary>
    public Stack<SwarmTask> Movable { get; } = new();

    /// <summary>Tasks of the service, those that stay included.</summary>
    public int Count { get; private set; }

    public IReadOnlyList<BalanceBranch> Children => _children;

    private bool IsSource => Node is null ? _sources!.Min != MinTree.Absent : Movable.Count > 0;

    private bool IsTarget => Node is null ? _targets!.Min != MinTree.Absent : IsOpen && Count < Capacity;

    /// <summary>The child with the most tasks among those with one that may leave.</summary>
    public BalanceBranch? Fullest() => Child(_sources);

    /// <summary>The child with the fewest tasks among those that can take one.</summary>
    public BalanceBranch? Emptiest() => Child(_targets);

    /// <summary>The node that loses a task of this branch: at each level in the fullest branch.</summary>
    public BalanceBranch SourceNode() => Node is null ? Fullest()!.SourceNode() : this;

    /// <summary>The node that gets a task of this branch: at each level in the emptiest branch.</summary>
    public BalanceBranch TargetNode() => Node is null ? Emptiest()!.TargetNode() : this;

    /// <summary>Counts what is below; before, nothing is found.</summary>
    /// <param name="countOf">Number of tasks on a node.</param>
    public void Build(Func<Node, int> countOf)
    {
        if (Node is not null)
        {
            Count = countOf(Node);
            return;
        }

        (_sources, _targets, Count) = (new MinTree(_children.Count), new MinTree(_children.Count), 0);
        foreach (var child in _children)
        {
            child.Build(countOf);
            Count += child.Count;
            _sources.Prepare(child._place, child.IsSource ? -child.Count : MinTree.Absent);
            _targets.Prepare(child._place, child.IsTarget ? child.Count : MinTree.Absent);
        }

        _sources.Build();
        _targets.Build();
    }

    /// <summary>A task of the node leaves, or one comes; with 0, what may leave or come has changed.</summary>
    public void Change(int difference)
    {
        for (var branch = this; branch is not null; branch = branch._parent)
        {
            branch.Count += difference;
            if (branch._parent is { } parent)
            {
                parent._sources!.Set(branch._place, branch.IsSource ? -branch.Count : MinTree.Absent);
                parent._targets!.Set(branch._place, branch.IsTarget ? branch.Count : MinTree.Absent);
            }
        }
    }

    private BalanceBranch? Child(MinTree? tree) => tree?.First() is { } place and >= 0 ? _children[place] : null;
}
