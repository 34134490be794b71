using SwarmOrleans.Contracts;
using SwarmOrleans.Silo.Dispatching;
using SwarmOrleans.Store;
using SwarmOrleans.Testing;
using SwarmOrleans.Tests.Unit.Agent;

namespace SwarmOrleans.Tests.Specifications.Sessions;

/// <summary>Two real dispatchers over one store, on one thread in virtual time.</summary>
internal sealed class RealDispatchers : IDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(200);
    private static readonly TaskState[] States = [TaskState.Running, TaskState.Complete];

    private readonly VirtualThread _thread = new();
    private readonly CancellationTokenSource _life = new();
    private readonly CancellationTokenSource?[] _streams = new CancellationTokenSource?[2];
    private readonly TestStore _test;
    private readonly DispatcherCore[] _cores;
    private long _term = 1;

    public RealDispatchers()
    {
        _test = TestStore.Create(_thread.Time);
        var ids = new Counter();
        _cores = [.. Enumerable.Range(0, 2).Select(_ => new DispatcherCore(_test.Store, ids, new DispatcherOptions { TimeProvider = _thread.Time, Random = new Middle() }))];
        _ = _test.CreateAsync(
            new Cluster { Id = "c", Spec = new ClusterSpec { Annotations = new Annotations { Name = "default" } } },
            new Node { Id = "n", Spec = new NodeSpec(), Status = new NodeStatus { State = NodeStatus.Types.State.Ready } },
            new SwarmTask { Id = "t", NodeId = "n", Spec = new TaskSpec(), DesiredState = TaskState.Running, Status = new SwarmTaskStatus { State = TaskState.Assigned } });
        _thread.Settle();
        foreach (var core in _cores)
        {
            _ = core.RunAsync(_life.Token);
        }

        _thread.Settle();
    }

    /// <summary>What the last streams at each dispatcher came to: "open", or why they ended; null if the last was refused.</summary>
    public string?[] Streams { get; } = [null, null];

    public string Node => _test.Store.Current.Find<Node>("n") is { } node ? node.Status.State == NodeStatus.Types.State.Down ? nameof(NodeFate.Down) : nameof(NodeFate.Ready) : nameof(NodeFate.Removed);

    public int Current => _test.Store.Current.Find<NodeSession>("n") is { } row ? Number(row.SessionId) : 0;

    public int Reported => Array.IndexOf(States, _test.Store.Current.Find<SwarmTask>("t")!.Status.State) + 1;

    /// <summary>Does it, and says how it was answered.</summary>
    public string Apply(SessionStep step)
    {
        var session = step.Session == 0 ? "" : $"s{step.Session}";
        var core = _cores[step.Dispatcher];
        switch (step.Act)
        {
            case SessionAct.Register:
                return Register(core, step.Dispatcher, session);
            case SessionAct.Heartbeat:
                return Answer(() => System.Threading.Tasks.Task.FromResult(core.Heartbeat("n", session)));
            case SessionAct.Report:
                var update = new UpdateTaskStatusRequest.Types.TaskStatusUpdate { TaskId = "t", Status = new SwarmTaskStatus { State = States[Reported] } };
                return Answer(() => core.UpdateTaskStatusAsync("n", session, [update], CancellationToken.None));
            case SessionAct.DeclareDown:
                var down = _test.Store.Current.Find<Node>("n")!.Clone();
                down.Status.State = NodeStatus.Types.State.Down;
                return Commit(new StoreTransaction().Update(down));
            case SessionAct.Remove:
                return Commit(new StoreTransaction().Remove(_test.Store.Current.Find<Node>("n")!));
            case SessionAct.LoseLeader:
                _test.Log.LoseLeadership();
                break;
            case SessionAct.FindLeader:
                _test.Log.Lead(++_term);
                break;
            default:
                for (var passed = TimeSpan.Zero; passed < Period; passed += Look)
                {
                    _thread.Time.Advance(Look);
                    _thread.Settle();
                }

                break;
        }

        _thread.Settle();
        return "ok";
    }

    public void Dispose()
    {
        // Nothing of it is outside this process, and nobody runs what is left of it.
        _life.Cancel();
        _thread.Dispose();
    }

    private string Register(DispatcherCore core, int dispatcher, string session)
    {
        // An agent has one stream at a time.
        _streams[dispatcher]?.Cancel();
        _thread.Settle();
        _streams[dispatcher] = CancellationTokenSource.CreateLinkedTokenSource(_life.Token);
        Streams[dispatcher] = null;
        _ = FollowAsync(core, dispatcher, session, _streams[dispatcher]!.Token);
        _thread.Settle();
        var answer = Streams[dispatcher];
        if (answer == "open")
        {
            return "ok";
        }

        Streams[dispatcher] = null;
        return answer ?? "nothing";
    }

    private async System.Threading.Tasks.Task FollowAsync(DispatcherCore core, int dispatcher, string session, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var _ in core.SessionAsync("n", "", new SessionRequest { SessionId = session }, cancellationToken))
            {
                Streams[dispatcher] = "open";
            }
        }
        catch (DispatcherException e)
        {
            Streams[dispatcher] = e.Error.ToString();
        }
        catch (OperationCanceledException)
        {
            // The agent has gone elsewhere.
        }
    }

    private string Commit(StoreTransaction transaction)
    {
        var commit = _test.Store.CommitAsync(transaction, CancellationToken.None).AsTask();
        _thread.Settle();
        return commit.Result.IsCommitted ? "ok" : "conflict";
    }

    private string Answer(Func<System.Threading.Tasks.Task> call)
    {
        try
        {
            _thread.Finish(call());
            return "ok";
        }
        catch (DispatcherException e)
        {
            return e.Error.ToString();
        }
    }

    private static int Number(string session) => int.Parse(session[1..], System.Globalization.CultureInfo.InvariantCulture);

    private sealed class Counter : IIdSource
    {
        private int _made;

        public string NewId() => $"s{++_made}";
    }

    /// <summary>Spreads nothing.</summary>
    private sealed class Middle : Random
    {
        public override double NextDouble() => 0.5;
    }
}
