using SwarmOrleans.Silo.Dispatching;

namespace SwarmOrleans.Tests.Specifications.Sessions;

/// <summary>Sessions of a node with dispatchers of several managers (B.2 to B.5, DSP-1, DSP-4): at most one counts, and that one is the store's.</summary>
internal static class SessionSpecification
{
    /// <summary>Heartbeat periods after which a session is given up.</summary>
    public const int Grace = 3;

    /// <summary>How many states the task can report.</summary>
    public const int Reports = 2;

    private const string Ok = "ok";

    public static SessionState Initial { get; } = new(NodeFate.Ready, 0, [null, null], true, 0, 0, Ok);

    public static IEnumerable<SessionStep> Steps(SessionState state)
    {
        var named = state.Known.Select(s => s?.Id ?? 0).Append(state.Current).Append(0).Distinct().Order().ToList();
        for (var dispatcher = 0; dispatcher < state.Known.Length; dispatcher++)
        {
            foreach (var session in named)
            {
                yield return new SessionStep(SessionAct.Register, dispatcher, session);
                yield return new SessionStep(SessionAct.Heartbeat, dispatcher, session);
                if (state.HasLeader && state.Reported < Reports)
                {
                    yield return new SessionStep(SessionAct.Report, dispatcher, session);
                }
            }
        }

        yield return new SessionStep(SessionAct.Tick);
        if (!state.HasLeader)
        {
            yield return new SessionStep(SessionAct.FindLeader);
            yield break;
        }

        yield return new SessionStep(SessionAct.LoseLeader);
        if (state.Node == NodeFate.Ready)
        {
            yield return new SessionStep(SessionAct.DeclareDown);
        }

        if (state.Node != NodeFate.Removed)
        {
            yield return new SessionStep(SessionAct.Remove);
        }
    }

    public static SessionState Apply(SessionState state, SessionStep step) => step.Act switch
    {
        SessionAct.Register => Register(state, step.Dispatcher, step.Session),
        SessionAct.Heartbeat => Refusal(state, step) is { } refusal ? state with { Answer = refusal } : With(state, step.Dispatcher, new Session(step.Session, Grace)),
        SessionAct.Report => Refusal(state, step) is { } refusal ? state with { Answer = refusal } : state with { Reported = state.Reported + 1, Answer = Ok },
        SessionAct.DeclareDown => EndAll(state, DispatcherError.Aborted) with { Node = NodeFate.Down },
        SessionAct.Remove => EndAll(state, DispatcherError.NotFound) with { Node = NodeFate.Removed },
        SessionAct.LoseLeader => state with { HasLeader = false, Answer = Ok },
        SessionAct.FindLeader => state with { HasLeader = true, Answer = Ok },
        _ => Tick(state),
    };

    public static string? Violation(SessionState state)
    {
        var open = state.Known.Where(s => s is { End: null }).ToList();
        if (open.Count > 1)
        {
            return "two sessions of one node";
        }

        if (open.Exists(s => s!.Id != state.Current))
        {
            return "a session that is not the store's";
        }

        return open.Count > 0 && state.Node != NodeFate.Ready ? "a session of a node that is not ready" : null;
    }

    private static SessionState Register(SessionState state, int dispatcher, int named)
    {
        if (!state.HasLeader)
        {
            return state with { Answer = nameof(DispatcherError.Unavailable) };
        }

        if (state.Node == NodeFate.Removed)
        {
            return state with { Answer = nameof(DispatcherError.NotFound) };
        }

        // A session that still counts goes on, and its timer is not set anew.
        if (state.Known[dispatcher] is { End: null } known && known.Id == named)
        {
            return state with { Node = NodeFate.Ready, Answer = Ok };
        }

        var session = new Session(state.Made + 1, Grace);
        var ended = EndAll(state, DispatcherError.InvalidArgument);
        return With(ended with { Node = NodeFate.Ready, Current = session.Id, Made = session.Id }, dispatcher, session);
    }

    private static string? Refusal(SessionState state, SessionStep step) => state.Known[step.Dispatcher] switch
    {
        null => nameof(DispatcherError.NotFound),
        { } known when known.Id != step.Session => nameof(DispatcherError.InvalidArgument),
        { End: { } end } => end.ToString(),
        _ => null,
    };

    private static SessionState Tick(SessionState state)
    {
        // What is over is forgotten; without a leader everything is.
        var node = state.Node;
        var known = state.Known;
        for (var i = 0; i < known.Length; i++)
        {
            if (known[i] is not { End: null } session || !state.HasLeader)
            {
                known = known.SetItem(i, null);
            }
            else if (session.Left > 1)
            {
                known = known.SetItem(i, session with { Left = session.Left - 1 });
            }
            else
            {
                known = known.SetItem(i, null);
                node = session.Id == state.Current && node == NodeFate.Ready ? NodeFate.Down : node;
            }
        }

        return state with { Node = node, Known = known, Answer = Ok };
    }

    private static SessionState EndAll(SessionState state, DispatcherError reason) =>
        state with { Known = [.. state.Known.Select(s => s is { End: null } ? s with { End = reason } : s)], Answer = Ok };

    private static SessionState With(SessionState state, int dispatcher, Session session) => state with { Known = state.Known.SetItem(dispatcher, session), Answer = Ok };
}
