using SwarmOrleans.Contracts;
using SwarmOrleans.Contracts.Constraints;

namespace SwarmOrleans.Orchestration;

/// <summary>The node satisfies the placement constraints (section 17).</summary>
internal sealed class ConstraintFilter(ConstraintSet constraints)
    : PlacementFilter(PlacementRule.Constraints, "scheduling constraints not satisfied on 1 node", "scheduling constraints not satisfied on {0} nodes")
{
    public override bool IsStatic => true;

    public override string Asks => constraints.ToString();

    public static ConstraintFilter? For(SwarmTask task) =>
        ConstraintSet.Of(task.Spec) is { IsEmpty: false } constraints ? new ConstraintFilter(constraints) : null;

    public override bool Passes(NodeLoad node) => constraints.Matches(node.Node!);

    public override string Describe(NodeLoad node) => string.Join("; ", constraints.FailedBy(node.Node!));
}
