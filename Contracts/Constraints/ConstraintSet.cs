namespace SwarmOrleans.Contracts.Constraints;

/// <summary>Placement constraints that must all hold.</summary>
public sealed class ConstraintSet
{
    /// <summary>No constraints: every node matches.</summary>
    public static readonly ConstraintSet None = new([]);

    private readonly PlacementConstraint[] _constraints;

    private ConstraintSet(PlacementConstraint[] constraints) => _constraints = constraints;

    /// <summary>True when there is nothing to check.</summary>
    public bool IsEmpty => _constraints.Length == 0;

    /// <summary>The constraints of a task spec. A list that does not parse constrains nothing (CON-5): validation refuses it before it is stored.</summary>
    public static ConstraintSet Of(TaskSpec? spec)
    {
        var expressions = spec?.Placement?.Constraints;
        if (expressions is null || expressions.Count == 0)
        {
            return None;
        }

        try
        {
            return new ConstraintSet([.. expressions.Select(PlacementConstraint.Parse)]);
        }
        catch (FormatException)
        {
            return None;
        }
    }

    /// <summary>True when the node satisfies all of them.</summary>
    public bool Matches(Node node)
    {
        foreach (var constraint in _constraints)
        {
            if (!constraint.Matches(node))
            {
                return false;
            }
        }

        return true;
    }

    /// <inheritdoc />
    public override string ToString() => string.Join(" and ", _constraints.Select(c => c.ToString()));

    /// <summary>Those that the node does not satisfy, in their order.</summary>
    public IEnumerable<PlacementConstraint> FailedBy(Node node) => _constraints.Where(c => !c.Matches(node));
}
