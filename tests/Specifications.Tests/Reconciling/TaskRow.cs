using SwarmOrleans.Contracts;

namespace SwarmOrleans.Tests.Specifications.Reconciling;

/// <summary>What anybody can see of a task.</summary>
/// <param name="Slot">Its slot; 0 for services with one task per node.</param>
/// <param name="Version">The spec version, or for a job the iteration, that it was made for.</param>
/// <param name="Node">Its node, or -1.</param>
/// <param name="Observed">Observed state.</param>
/// <param name="Desired">Desired state.</param>
internal readonly record struct TaskRow(int Slot, int Version, int Node, TaskState Observed, TaskState Desired)
{
    public bool IsWanted => Desired <= TaskState.Complete;

    public bool HasEnded => Observed > TaskState.Running;

    /// <summary>Its agent has it and it has not ended.</summary>
    public bool IsAlive => Observed is >= TaskState.Assigned and <= TaskState.Running;

    public override string ToString() => $"[{(Slot > 0 ? $"slot {Slot} " : "")}v{Version} {(Node < 0 ? "" : $"@{(char)('a' + Node)} ")}{Observed}/{Desired}]";
}

/// <summary>What a node is like.</summary>
internal enum NodeCondition
{
    /// <summary>READY and active.</summary>
    Ready,

    /// <summary>Not heard of.</summary>
    Down,

    /// <summary>To be emptied at once.</summary>
    Drained,

    /// <summary>READY and paused: keeps what it has, gets nothing new.</summary>
    Paused,

    /// <summary>No member any more.</summary>
    Gone,
}

/// <summary>Something that agents, the scheduler, operators or the clock do.</summary>
internal enum Act
{
    /// <summary>The scheduler gives a task to a node.</summary>
    Assign,

    /// <summary>The agent, or for ORPHANED a manager, reports a state.</summary>
    Report,

    /// <summary>A node changes.</summary>
    Node,

    /// <summary>A node is no member any more and nobody has said what became of its tasks.</summary>
    Vanish,

    /// <summary>Somebody deletes a task object.</summary>
    Delete,

    /// <summary>Time passes.</summary>
    Tick,

    /// <summary>A user changes the service; which way, the specification says.</summary>
    User,
}

/// <summary>A step of the world.</summary>
/// <param name="Act">What happens.</param>
/// <param name="Item">Index of the task, node or user action.</param>
/// <param name="Value">The node of an assignment; the new state of a task or node.</param>
internal readonly record struct Step(Act Act, int Item = 0, int Value = 0)
{
    public override string ToString() => Act switch
    {
        Act.Assign => $"task {Item} is given to {(char)('a' + Value)}",
        Act.Report => $"task {Item} is {(TaskState)Value}",
        Act.Node => $"node {(char)('a' + Item)} is {(NodeCondition)Value}",
        Act.Vanish => $"node {(char)('a' + Item)} is gone without a word",
        Act.Delete => $"task {Item} is deleted",
        Act.Tick => "time passes",
        _ => $"user action {Item}",
    };
}
