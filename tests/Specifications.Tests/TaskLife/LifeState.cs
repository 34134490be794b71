using System.Collections.Immutable;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Tests.Specifications.TaskLife;

/// <summary>One task, as managers and its agent see it, and what is on its way between them.</summary>
/// <param name="Stored">Observed state in the store.</param>
/// <param name="Desired">Desired state in the store.</param>
/// <param name="IsKnown">The agent has been told of it.</param>
/// <param name="Local">The state that the agent has taken it to.</param>
/// <param name="Wish">The desired state that the agent knows.</param>
/// <param name="Reports">States on their way to a manager, in no order.</param>
/// <param name="Assignments">Desired states on their way to the agent, in no order.</param>
internal sealed record LifeState(
    TaskState Stored, TaskState Desired, bool IsKnown, TaskState Local, TaskState Wish, ImmutableSortedSet<TaskState> Reports, ImmutableSortedSet<TaskState> Assignments)
{
    public override string ToString() =>
        $"stored {Stored}/{Desired}, agent {(IsKnown ? $"{Local}/{Wish}" : "knows nothing")}, reports [{string.Join(',', Reports)}], assignments [{string.Join(',', Assignments)}]";
}

/// <summary>What can happen to a task.</summary>
internal enum LifeAct
{
    /// <summary>A manager raises the desired state.</summary>
    Wish,

    /// <summary>Allocator or scheduler.</summary>
    Place,

    /// <summary>A manager ends it: REJECTED by an enforcer, ORPHANED with its node.</summary>
    End,

    /// <summary>The dispatcher sends the task as it is.</summary>
    Send,

    /// <summary>The agent gets an assignment.</summary>
    Receive,

    /// <summary>The agent does the next thing, and it succeeds.</summary>
    Succeed,

    /// <summary>It fails for good.</summary>
    Fail,

    /// <summary>The agent reports where the task is.</summary>
    Report,

    /// <summary>A manager stores a report.</summary>
    Store,
}

/// <summary>A step in a task's life; <paramref name="State"/> is what is wished, reached, sent or reported.</summary>
internal readonly record struct LifeStep(LifeAct Act, TaskState State)
{
    public override string ToString() => $"{Act} {State}";
}
