namespace SwarmOrleans.Tests.Specifications.Exploring;

/// <summary>
/// What must hold of some part of the swarm, as a state machine: the world moves in steps, and at any moment the part that is specified decides.
/// It knows nothing of the code that it specifies.
/// </summary>
/// <typeparam name="TState">A state; never changed once made.</typeparam>
/// <typeparam name="TStep">Something that the world does.</typeparam>
internal interface ISpecification<TState, TStep>
{
    /// <summary>Where it begins.</summary>
    IEnumerable<TState> Initial { get; }

    /// <summary>What the world can do in a state, within the bounds of the exploration.</summary>
    IEnumerable<TStep> Steps(TState state);

    /// <summary>The state after a step.</summary>
    TState Apply(TState state, TStep step);

    /// <summary>All that a correct implementation may make of a state.</summary>
    IReadOnlyList<TState> Decide(TState state);

    /// <summary>What is wrong with a state; null when nothing is.</summary>
    string? Violation(TState state);
}
