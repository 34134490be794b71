using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>
/// The branches that placement preferences make of the nodes: a level a preference, a branch a value of its label, "" for nodes without it
/// (SCH-17). Branches are only added, so that a number stays what it is.
/// </summary>
internal sealed class SpreadTree
{
    private const string NodeLabels = "node.labels.";
    private const string EngineLabels = "engine.labels.";

    private readonly IReadOnlyList<string> _descriptors;
    private readonly List<Branch> _branches = [new Branch(-1, 0)];

    /// <summary>A tree of one level a descriptor.</summary>
    public SpreadTree(IReadOnlyList<string> descriptors)
    {
        _descriptors = descriptors;
        if (descriptors.Count == 0)
        {
            _branches[0].Leaf = 0;
            Leaves = 1;
        }
    }

    /// <summary>Number of branches, the root included; a tree that has grown is another one to who counts in it.</summary>
    public int Count => _branches.Count;

    /// <summary>Number of branches without branches.</summary>
    public int Leaves { get; private set; }

    /// <summary>True when there are no preferences: the root is the one leaf.</summary>
    public bool IsFlat => _descriptors.Count == 0;

    public Branch this[int branch] => _branches[branch];

    /// <summary>The descriptors among a spec's preferences that name a label; others mean nothing and are skipped.</summary>
    public static IReadOnlyList<string> Descriptors(Placement? placement)
    {
        if (placement is null || placement.Preferences.Count == 0)
        {
            return [];
        }

        return [.. placement.Preferences
            .Select(p => p.Spread?.SpreadDescriptor ?? "")
            .Where(d => LabelOf(d, NodeLabels) is not null || LabelOf(d, EngineLabels) is not null)];
    }

    /// <summary>The leaf that a node belongs to; made when it is the first there.</summary>
    public int LeafOf(Node? node)
    {
        var at = 0;
        foreach (var descriptor in _descriptors)
        {
            at = Child(at, ValueOf(node, descriptor));
        }

        var branch = _branches[at];
        if (branch.Leaf < 0)
        {
            branch.Leaf = Leaves++;
        }

        return branch.Leaf;
    }

    private int Child(int parent, string value)
    {
        var above = _branches[parent];
        if (!above.Values.TryGetValue(value, out var child))
        {
            child = _branches.Count;
            _branches.Add(new Branch(parent, above.Children.Count));
            above.Children.Add(child);
            above.Values.Add(value, child);
        }

        return child;
    }

    private static string ValueOf(Node? node, string descriptor)
    {
        if (LabelOf(descriptor, NodeLabels) is { } label)
        {
            return node?.Spec?.Annotations?.Labels.GetValueOrDefault(label) ?? "";
        }

        return LabelOf(descriptor, EngineLabels) is { } engine ? node?.Description?.Engine?.Labels.GetValueOrDefault(engine) ?? "" : "";
    }

    private static string? LabelOf(string descriptor, string prefix) =>
        descriptor.Length > prefix.Length && descriptor.StartsWith(prefix, StringComparison.OrdinalIgnoreCase) ? descriptor[prefix.Length..] : null;

    /// <summary>One branch.</summary>
    /// <param name="parent">The branch above; -1 for the root.</param>
    /// <param name="slot">Its place among the children of that.</param>
    internal sealed class Branch(int parent, int slot)
    {
        public int Parent => parent;

        public int Slot => slot;

        public List<int> Children { get; } = [];

        public Dictionary<string, int> Values { get; } = [];

        /// <summary>Number of the leaf; -1 for branches with branches.</summary>
        public int Leaf { get; set; } = -1;
    }
}
