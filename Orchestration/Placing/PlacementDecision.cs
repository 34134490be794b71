using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>What the scheduler decided about one task.</summary>
/// <param name="Task">The task as it was seen.</param>
/// <param name="Node">The node that it goes to, as it was seen; null when none is suitable.</param>
/// <param name="Explanation">Why not, filter by filter; empty when it was placed.</param>
public sealed record PlacementDecision(SwarmTask Task, Node? Node, string Explanation);
