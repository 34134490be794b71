using System.Collections.Immutable;
using SwarmOrleans.Silo.Dispatching;

namespace SwarmOrleans.Tests.Specifications.Sessions;

/// <summary>What is observed of the node.</summary>
internal enum NodeFate
{
    Ready,
    Down,
    Removed,
}

/// <summary>A session as its dispatcher knows it.</summary>
/// <param name="Id">Number of the session, in the order in which they were made.</param>
/// <param name="Left">Heartbeat periods until it is given up.</param>
/// <param name="End">Why it is over; null while it is not.</param>
internal sealed record Session(int Id, int Left, DispatcherError? End = null);

/// <summary>One node, two dispatchers of two managers, and the store that both see.</summary>
/// <param name="Node">The node.</param>
/// <param name="Current">The session that the store names; 0 for none.</param>
/// <param name="Known">What each dispatcher knows.</param>
/// <param name="HasLeader">The managers know a leader.</param>
/// <param name="Reported">How many states of its task were stored.</param>
/// <param name="Made">How many sessions there were.</param>
/// <param name="Answer">What the last step was answered: "ok", or why not.</param>
internal sealed record SessionState(NodeFate Node, int Current, ImmutableArray<Session?> Known, bool HasLeader, int Reported, int Made, string Answer)
{
    /// <summary>Equal for states that differ in the numbers of sessions alone.</summary>
    public string Key
    {
        get
        {
            var numbers = new List<int> { 0 };
            return $"{Node} {Number(Current)} {string.Join(',', Known.Select(s => s is null ? "-" : $"{Number(s.Id)}/{s.Left}/{s.End}"))} {HasLeader} {Reported} {Answer}";

            int Number(int id)
            {
                if (!numbers.Contains(id))
                {
                    numbers.Add(id);
                }

                return numbers.IndexOf(id);
            }
        }
    }

    public override string ToString() =>
        $"node {Node}, session {Current}, dispatchers {string.Join(" and ", Known.Select(s => s is null ? "none" : $"s{s.Id} for {s.Left} {s.End}"))}, leader {HasLeader}, {Reported} reported, answer {Answer}";
}

/// <summary>What agents, operators and the clock do.</summary>
internal enum SessionAct
{
    /// <summary>The agent turns to a dispatcher, with a session that it had, or with none.</summary>
    Register,
    Heartbeat,

    /// <summary>The agent reports the next state of its task.</summary>
    Report,

    /// <summary>Another manager, which cannot see the session, declares the node down.</summary>
    DeclareDown,
    Remove,
    LoseLeader,
    FindLeader,

    /// <summary>A heartbeat period passes.</summary>
    Tick,
}

/// <summary>A step; the session is the one that the agent names.</summary>
internal readonly record struct SessionStep(SessionAct Act, int Dispatcher = 0, int Session = 0)
{
    public override string ToString() => Act is SessionAct.Register or SessionAct.Heartbeat or SessionAct.Report ? $"{Act} at {Dispatcher} with s{Session}" : $"{Act}";
}
