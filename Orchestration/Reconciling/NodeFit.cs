using SwarmOrleans.Contracts;
using SwarmOrleans.Contracts.Constraints;

namespace SwarmOrleans.Orchestration;

/// <summary>
/// Which nodes get a task of a service with one task per node. Unlike SwarmKit it looks at platforms too, so that no task waits for ever on a node
/// that can never run it (GLO-8).
/// </summary>
internal sealed class NodeFit(TaskSpec spec)
{
    private readonly ConstraintSet _constraints = ConstraintSet.Of(spec);
    private readonly PlatformSet _platforms = PlatformSet.Of(spec);

    public bool Suits(Node node) => _constraints.Matches(node) && _platforms.Matches(node);
}
