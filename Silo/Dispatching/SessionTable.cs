namespace SwarmOrleans.Silo.Dispatching;

/// <summary>The sessions that this manager serves, one a node, and until when each has to be heard of. Safe for any number of callers.</summary>
internal sealed class SessionTable(DispatcherOptions options)
{
    private readonly Dictionary<string, AgentSession> _sessions = [];
    private readonly PriorityQueue<AgentSession, long> _deadlines = new();
    private readonly Lock _lock = new();

    /// <summary>Set when a session has been opened.</summary>
    public AsyncSignal Opened { get; } = new();

    /// <summary>The node's session with that id, or a new one, which ends what the node had before.</summary>
    public AgentSession Open(string nodeId, string sessionId, TimeSpan period)
    {
        AgentSession session;
        lock (_lock)
        {
            if (_sessions.TryGetValue(nodeId, out var known))
            {
                if (known.SessionId == sessionId && !known.Ended.IsCancellationRequested)
                {
                    return known;
                }

                known.End(new DispatcherException(DispatcherError.InvalidArgument, "session invalid"));
            }

            session = new AgentSession(nodeId, sessionId);
            _sessions[nodeId] = session;
            Arm(session, period);
            Enqueue(session);
        }

        Opened.Set();
        return session;
    }

    /// <summary>The session lives and is to be heard of again within <paramref name="period"/>, times the grace.</summary>
    public void Extend(AgentSession session, TimeSpan period)
    {
        Arm(session, period);
        lock (_lock)
        {
            if (session.Deadline < session.QueuedFor)
            {
                // The period has become shorter: the deadline under which it waits would notice its end too late.
                Enqueue(session);
            }
        }
    }

    /// <summary>The node's session; null if it has none, or not that one, or it has ended.</summary>
    public AgentSession? TryFind(string nodeId, string sessionId)
    {
        lock (_lock)
        {
            return _sessions.TryGetValue(nodeId, out var session) && session.SessionId == sessionId && !session.Ended.IsCancellationRequested
                ? session
                : null;
        }
    }

    /// <summary>The node's session.</summary>
    /// <exception cref="DispatcherException">It has none, or not that one, or it has ended.</exception>
    public AgentSession Find(string nodeId, string sessionId)
    {
        lock (_lock)
        {
            if (!_sessions.TryGetValue(nodeId, out var session))
            {
                throw new DispatcherException(DispatcherError.NotFound, "node not registered");
            }

            if (session.SessionId != sessionId)
            {
                throw new DispatcherException(DispatcherError.InvalidArgument, "session invalid");
            }

            // One that is over is not kept alive by heartbeats: its agent has to register again.
            return session.EndReason is { } reason ? throw new DispatcherException(reason.Error, reason.Message) : session;
        }
    }

    /// <summary>The node's session, whatever its id; null if it has none.</summary>
    public AgentSession? Of(string nodeId)
    {
        lock (_lock)
        {
            return _sessions.GetValueOrDefault(nodeId);
        }
    }

    /// <summary>Does something with every session, outside the lock.</summary>
    public void ForEach(Action<AgentSession> action)
    {
        List<AgentSession> sessions;
        lock (_lock)
        {
            sessions = [.. _sessions.Values];
        }

        sessions.ForEach(action);
    }

    /// <summary>Takes out the sessions whose time is over.</summary>
    /// <returns>How long until the next may be; null when none is left. The queue holds each once under a deadline that counts, which a heartbeat may have moved since.</returns>
    public TimeSpan? TakeExpired(out List<AgentSession> expired)
    {
        expired = [];
        var now = options.TimeProvider.GetTimestamp();
        lock (_lock)
        {
            while (_deadlines.TryPeek(out var session, out var deadline))
            {
                if (deadline != session.QueuedFor)
                {
                    _deadlines.Dequeue();
                }
                else if (session.Ended.IsCancellationRequested)
                {
                    _deadlines.Dequeue();
                    Forget(session);
                }
                else if (deadline > now)
                {
                    return TimeSpan.FromSeconds((double)(deadline - now) / options.TimeProvider.TimestampFrequency);
                }
                else if (session.Deadline > now)
                {
                    _deadlines.Dequeue();
                    Enqueue(session);
                }
                else
                {
                    _deadlines.Dequeue();
                    Forget(session);
                    expired.Add(session);
                }
            }
        }

        return null;
    }

    private void Arm(AgentSession session, TimeSpan period) =>
        session.Deadline = options.TimeProvider.GetTimestamp()
            + (long)(period.TotalSeconds * options.GraceMultiplier * options.TimeProvider.TimestampFrequency);

    private void Enqueue(AgentSession session)
    {
        session.QueuedFor = session.Deadline;
        _deadlines.Enqueue(session, session.Deadline);
    }

    private void Forget(AgentSession session)
    {
        if (_sessions.TryGetValue(session.NodeId, out var current) && current == session)
        {
            _sessions.Remove(session.NodeId);
        }
    }
}
