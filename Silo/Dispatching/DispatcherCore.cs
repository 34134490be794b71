using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;
using SwarmOrleans.Store;
using SwarmOrleans.Store.Log;

namespace SwarmOrleans.Silo.Dispatching;

/// <summary>
/// The agents' side of a manager, served from its own replica (part B): sessions, heartbeats, assignments, task states. It knows neither gRPC nor who leads.
/// </summary>
public sealed class DispatcherCore(ISwarmStore store, IIdSource ids, DispatcherOptions options)
{
    private static readonly TimeSpan DefaultPeriod = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan PeriodSpread = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LookPeriod = TimeSpan.FromSeconds(1);
    private const int Attempts = 10;

    private readonly SessionTable _sessions = new(options);

    private TimeSpan Period => store.Current.Cluster?.Spec?.Dispatcher?.HeartbeatPeriod?.ToTimeSpan() is { } period && period > TimeSpan.Zero
        ? period
        : DefaultPeriod;

    /// <summary>Routes changes to sessions and watches heartbeats and leadership until cancelled; then ends all sessions.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Task.WhenAll(RouteAsync(cancellationToken), ExpireAsync(cancellationToken), WatchLeaderAsync(cancellationToken));
        }
        finally
        {
            EndAll("dispatcher is stopped");
        }
    }

    /// <summary>Opens or resumes a session and yields its messages: at once, and whenever something in them has changed (B.2).</summary>
    /// <param name="nodeId">The caller.</param>
    /// <param name="address">Where it called from; empty if unknown.</param>
    /// <param name="request">Its description and last session.</param>
    /// <param name="cancellationToken">The caller has gone.</param>
    /// <exception cref="DispatcherException">Refused, or the session has ended.</exception>
    public async IAsyncEnumerable<SessionMessage> SessionAsync(
        string nodeId, string address, SessionRequest request, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var session = await RegisterAsync(nodeId, address, request, cancellationToken);
        while (true)
        {
            if (store.Current.Find<Node>(nodeId) is not { } node)
            {
                throw new DispatcherException(DispatcherError.NotFound, "node not registered");
            }

            yield return SessionMessages.Create(session.SessionId, node, store.Current);
            await WaitAsync(session, session.MessageChanged, cancellationToken);
        }
    }

    /// <summary>The node lives (B.3).</summary>
    /// <returns>When to call again.</returns>
    /// <exception cref="DispatcherException">The session is not the node's.</exception>
    public TimeSpan Heartbeat(string nodeId, string sessionId)
    {
        var session = _sessions.Find(nodeId, sessionId);
        var spread = (options.Random.NextDouble() * 2 - 1) * PeriodSpread;
        var period = Period + spread > TimeSpan.Zero ? Period + spread : Period;
        _sessions.Extend(session, period);
        return period;
    }

    /// <summary>What the node should run: all of it first, then changes (B.6).</summary>
    /// <exception cref="DispatcherException">The session is not the node's, or has ended.</exception>
    public async IAsyncEnumerable<AssignmentsMessage> AssignmentsAsync(
        string nodeId, string sessionId, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var session = _sessions.Find(nodeId, sessionId);
        session.TakeDirty();
        var assignments = new AssignmentSet(nodeId);
        yield return assignments.Complete(store.Current);
        while (true)
        {
            await WaitAsync(session, session.TasksChanged, cancellationToken);
            var (tasks, isResync) = session.TakeDirty();
            if (assignments.Change(store.Current, isResync ? null : tasks) is { } message)
            {
                yield return message;
            }
        }
    }

    /// <summary>Stores states that tasks of the node have reached (B.5).</summary>
    /// <exception cref="DispatcherException">The session is not the node's, a task is another node's, or nothing could be stored now.</exception>
    public async Task UpdateTaskStatusAsync(
        string nodeId, string sessionId, IEnumerable<UpdateTaskStatusRequest.Types.TaskStatusUpdate> updates, CancellationToken cancellationToken)
    {
        _sessions.Find(nodeId, sessionId);
        var view = store.Current;
        var reports = new List<TaskStatusReport>();
        foreach (var update in updates)
        {
            if (update.Status is null || view.Find<SwarmTask>(update.TaskId) is not { } task)
            {
                continue;
            }

            if (task.NodeId != nodeId)
            {
                throw new DispatcherException(DispatcherError.PermissionDenied, "cannot update a task not assigned this node");
            }

            reports.Add(new TaskStatusReport(update.TaskId, update.Status));
        }

        if (reports.Count == 0)
        {
            return;
        }

        var result = await store.ReportStatusAsync(nodeId, sessionId, reports, cancellationToken);
        switch (result.Outcome)
        {
            case CommitOutcome.Conflict:
                throw new DispatcherException(DispatcherError.InvalidArgument, "session invalid");
            case CommitOutcome.Unknown or CommitOutcome.Unavailable:
                throw new DispatcherException(DispatcherError.Unavailable, "the states could not be stored now");
        }
    }

    /// <summary>Every task of the node, for agents that do not know assignments.</summary>
    /// <exception cref="DispatcherException">The session is not the node's, or has ended.</exception>
    public async IAsyncEnumerable<TasksMessage> TasksAsync(
        string nodeId, string sessionId, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var session = _sessions.Find(nodeId, sessionId);
        while (true)
        {
            session.TakeDirty();
            var message = new TasksMessage();
            message.Tasks.AddRange(store.Current.Tasks.OfNode(nodeId).Where(t => t.Status.State >= TaskState.Assigned));
            yield return message;
            await WaitAsync(session, session.TasksChanged, cancellationToken);
        }
    }

    private async Task<AgentSession> RegisterAsync(string nodeId, string address, SessionRequest request, CancellationToken cancellationToken)
    {
        if (store.Leadership is { IsLeader: false, LeaderAddress: null })
        {
            throw new DispatcherException(DispatcherError.Unavailable, "this manager knows no leader; try another");
        }

        var sessionId = _sessions.TryFind(nodeId, request.SessionId)?.SessionId ?? ids.NewId();
        for (var attempt = 1; ; attempt++)
        {
            if (!store.Current.All<Cluster>().Any() || store.Current.Find<Node>(nodeId) is not { } node)
            {
                throw new DispatcherException(DispatcherError.NotFound, $"node {nodeId} not found");
            }

            var result = await store.CommitAsync(Registration(node, sessionId, address, request.Description), cancellationToken);
            if (result.IsCommitted)
            {
                return _sessions.Open(nodeId, sessionId, Period);
            }

            if (result.Outcome != CommitOutcome.Conflict || attempt == Attempts)
            {
                throw new DispatcherException(DispatcherError.Unavailable, "the session could not be stored now");
            }
        }
    }

    private StoreTransaction Registration(Node node, string sessionId, string address, NodeDescription? description)
    {
        var ready = node.Clone();
        ready.Description = description ?? ready.Description;
        ready.Status = new NodeStatus
        {
            State = NodeStatus.Types.State.Ready,
            Addr = address.Length > 0 ? address : node.Status?.Addr ?? "",
        };
        var transaction = new StoreTransaction();
        if (!ready.Equals(node))
        {
            transaction.Update(ready);
        }
        else
        {
            transaction.RequireUnchanged(node);
        }

        var stored = store.Current.Find<NodeSession>(node.Id);
        var row = stored?.Clone() ?? new NodeSession { Id = node.Id };
        (row.SessionId, row.ManagerId, row.ManagerBootId) = (sessionId, store.ManagerId, store.BootId);
        return stored is null ? transaction.Create(row) : transaction.Update(row);
    }

    private static async Task WaitAsync(AgentSession session, AsyncSignal signal, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(session.Ended, cancellationToken);
        try
        {
            await signal.WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (session.EndReason is not null)
        {
            throw new DispatcherException(session.EndReason.Error, session.EndReason.Message);
        }
    }

    private async Task RouteAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            // Everything is compared with this view or a later one, and what comes after it is routed: no change falls between the two.
            var version = store.Current.Version;
            _sessions.ForEach(s => s.MarkAll());
            try
            {
                await foreach (var batch in store.WatchAsync(version, cancellationToken))
                {
                    foreach (var change in batch.Changes)
                    {
                        Route(change);
                    }
                }
            }
            catch (CompactedException)
            {
                // Changes were missed: compare everything with the current view.
            }
        }
    }

    private void Route(StoreChange change)
    {
        switch (change.Kind)
        {
            case ObjectKind.Task:
                var task = (SwarmTask)(change.New ?? change.Old)!;
                _sessions.Of(task.NodeId)?.MarkTask(task.Id);
                break;
            case ObjectKind.Node when change.New is null:
                _sessions.Of(change.Id)?.End(new DispatcherException(DispatcherError.NotFound, "node not registered"));
                break;
            case ObjectKind.Node when ((Node)change.New).Status?.State == NodeStatus.Types.State.Down:
                // Somebody could not see this session. The agent lives: registering again makes its node READY.
                _sessions.Of(change.Id)?.End(new DispatcherException(DispatcherError.Aborted, "the node was declared down"));
                break;
            case ObjectKind.Node:
                _sessions.Of(change.Id)?.MessageChanged.Set();
                break;
            case ObjectKind.NodeSession when _sessions.Of(change.Id) is { } session && (change.New as NodeSession)?.SessionId != session.SessionId:
                session.End(new DispatcherException(DispatcherError.InvalidArgument, "session invalid"));
                break;
            case ObjectKind.Manager or ObjectKind.Cluster:
                _sessions.ForEach(s => s.MessageChanged.Set());
                break;
        }
    }

    private async Task ExpireAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var wait = _sessions.TakeExpired(out var expired);
            foreach (var session in expired)
            {
                session.End(new DispatcherException(DispatcherError.NotFound, "node not registered"));
                _ = SetDownAsync(session, cancellationToken);
            }

            if (wait is null)
            {
                await _sessions.Opened.WaitAsync(cancellationToken);
            }
            else
            {
                await options.TimeProvider.DelayAsync(wait.Value < LookPeriod ? wait.Value : LookPeriod, cancellationToken);
            }
        }
    }

    private async Task SetDownAsync(AgentSession session, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var row = store.Current.Find<NodeSession>(session.NodeId);
            if (row?.SessionId != session.SessionId || NodeStates.Down(store.Current, row, "heartbeat failure") is not { } transaction)
            {
                return;
            }

            if ((await store.CommitAsync(transaction, cancellationToken)).Outcome is CommitOutcome.Committed)
            {
                return;
            }
        }
    }

    private async Task WatchLeaderAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var seen = store.Leadership;
            var changed = store.WaitForLeadershipChangeAsync(seen, cancellationToken);
            if (IsLost(seen))
            {
                await changed.WithinAsync(options.LeaderPatience, options.TimeProvider, cancellationToken);
                if (IsLost(store.Leadership))
                {
                    EndAll("this manager has lost its leader");
                }
            }

            await changed;
        }
    }

    private static bool IsLost(LeadershipState leadership) => leadership is { IsLeader: false, LeaderAddress: null };

    private void EndAll(string reason) => _sessions.ForEach(s => s.End(new DispatcherException(DispatcherError.Aborted, reason)));
}
