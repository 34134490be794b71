using Grpc.Core;
using SwarmOrleans.Agent;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Tests.Unit.Agent;

public sealed class SwarmAgentTests : IDisposable
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly VirtualThread _thread = new();
    private readonly FakeExecutor _executor = new();
    private readonly string _directory = Directory.CreateTempSubdirectory("agent").FullName;
    private readonly CancellationTokenSource _life = new();
    private readonly List<SessionMessage> _messages = [];
    private readonly TaskDatabase _database;
    private readonly FakeManager _first;
    private readonly FakeManager _second;
    private readonly FakeManagers _managers;

    public SwarmAgentTests()
    {
        _database = new TaskDatabase(Path.Combine(_directory, "tasks.db"));
        _first = new FakeManager("m1", _thread.Time);
        _second = new FakeManager("m2", _thread.Time);
        _managers = new FakeManagers(_thread.Time, _first, _second);
    }

    public void Dispose()
    {
        _life.Cancel();
        _thread.Settle();
        _life.Dispose();
        _database.Dispose();
        _thread.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public void Refused_BacksOffByTheTable_UpToEightSeconds()
    {
        (_first.IsRefusing, _second.IsRefusing) = (true, true);
        Start();
        _thread.Advance(Second * 20);
        Assert.Equal([50, 150, 350, 750, 1550, 3150, 4000, 4000, 4000], Pauses().Take(9));
        Assert.Equal(["m1", "m2", "m1", "m2"], _managers.Failures.Take(4));
    }

    [Fact]
    public void NoManagerKnown_AsksAgainByTheSameTable()
    {
        var none = new FakeManagers(_thread.Time);
        Start(managers: none);
        _thread.Advance(Second * 3);
        Assert.Equal([50, 200, 550, 1300, 2850], none.Picks.Select(p => (int)(p - none.Picks[0]).TotalMilliseconds).Skip(1));
    }

    [Fact]
    public void Session_BeginsTheBackOffAnew()
    {
        (_first.IsRefusing, _second.IsRefusing) = (true, true);
        Start();
        _thread.Advance(Second * 3);
        (_first.IsRefusing, _second.IsRefusing) = (false, false);
        _thread.Advance(Second * 3);
        var before = _managers.Picks.Count;
        Current().Die();
        _thread.Settle();
        var died = _thread.Time.GetUtcNow();
        _thread.Advance(Second);
        Assert.Equal(before + 1, _managers.Picks.Count);
        Assert.Equal(50, (_managers.Picks[^1] - died).TotalMilliseconds);
    }

    [Fact]
    public void AT_I7_SessionReconnects_LostManager_TurnsToAnotherWithItsSessionAndItsStates()
    {
        Start();
        _first.Assign(Assignments.Complete(Assignments.Task("a")).From("", "1"));
        _thread.Settle();
        _executor.Calls.Clear();
        _first.Die();
        _thread.Advance(Second);
        Assert.Equal("", Assert.Single(_first.Requests).SessionId);
        Assert.Equal("session of m1", Assert.Single(_second.Requests).SessionId);
        Assert.Equal(("a", TaskState.Running), Assert.Single(_second.Reports.SelectMany(r => r.Updates).Select(u => (u.TaskId, u.Status.State))));
        Assert.Equal("session of m1", _second.Reports[0].SessionId);
        Assert.Empty(_executor.Calls);
        Assert.Equal(["m1"], _managers.Failures);
    }

    [Fact]
    public void AT_I7_SessionReconnects_SilentManager_IsLeftAfterFiveSeconds()
    {
        _first.IsSilent = true;
        var agent = Start();
        _thread.Advance((Second * 5) - TimeSpan.FromMilliseconds(1));
        Assert.Empty(_managers.Failures);
        Assert.False(agent.Ready.IsCompleted);
        _thread.Advance(Second);
        Assert.Equal(["m1"], _managers.Failures);
        Assert.Single(_second.Requests);
        Assert.True(agent.Ready.IsCompletedSuccessfully);
    }

    [Fact]
    public void Heartbeats_BeginAtOnce_AndFollowTheManagersPeriod()
    {
        Start();
        _thread.Advance(Second * 11);
        Assert.Equal([0, 5, 10], _first.Heartbeats.Select(h => (h - _first.Heartbeats[0]).TotalSeconds));
        Assert.Equal(_managers.Picks[0], _first.Heartbeats[0]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void FailedHeartbeatOrReport_EndsTheSession_AndNothingIsLost(bool heartbeat)
    {
        var error = new RpcException(new Status(StatusCode.NotFound, "node not registered"));
        Start();
        _first.HeartbeatError = heartbeat ? error : null;
        _first.ReportError = heartbeat ? null : error;
        _first.Assign(Assignments.Complete(Assignments.Task("a")).From("", "1"));
        _thread.Advance(Second * 6);
        Assert.Equal(["m1"], _managers.Failures);
        Assert.Equal(TaskState.Running, Assert.Single(_second.Reports.SelectMany(r => r.Updates)).Status.State);
    }

    [Fact]
    public void MissedAssignments_AreReadFromTheBeginningAgain()
    {
        Start();
        _first.Assign(Assignments.Complete(Assignments.Task("a")).From("", "1"));
        _first.Assign(Assignments.Changed(Assignments.Task("b")).From("1", "2"));
        _thread.Settle();
        Assert.Equal(1, _first.Streams);
        _first.Assign(Assignments.Changed(Assignments.Task("c")).From("3", "4"));
        _thread.Settle();
        Assert.Equal(2, _first.Streams);
        _first.Assign(Assignments.Complete(Assignments.Task("b"), Assignments.Task("c")).From("", "4"));
        _thread.Settle();
        Assert.Equal(["b", "c"], _database.Load().Select(t => t.Id).Order());
        Assert.Empty(_managers.Failures);
    }

    [Fact]
    public void AT_I7_SessionRestartedOnNodeDescriptionChange_OnlyThen_WithTheSameSession()
    {
        Start(hostname: "given");
        _thread.Advance(Second * 45);
        Assert.Single(_first.Requests);
        Assert.Equal("given", _first.Requests[0].Description.Hostname);
        _executor.Description = new NodeDescription { Hostname = "machine", Resources = new Resources { NanoCpus = 8 } };
        _thread.Advance(Second * 21);
        var again = Assert.Single(_second.Requests);
        Assert.Equal(("session of m1", "given", 8), (again.SessionId, again.Description.Hostname, again.Description.Resources.NanoCpus));
    }

    [Fact]
    public void EngineThatDoesNotAnswer_EndsNeitherTheAgentNorItsTasks()
    {
        var running = Run(out _);
        _first.Assign(Assignments.Complete(Assignments.Task("a")).From("", "1"));
        _thread.Settle();
        _executor.Calls.Clear();
        _executor.Silence = new TaskException("the Docker engine does not answer", isTemporary: true);
        _thread.Advance(Second * 25);
        Assert.False(running.IsCompleted);
        Assert.Single(_first.Requests);
        _executor.Silence = null;
        _thread.Advance(Second * 10);
        Assert.Equal(2, _first.Requests.Count + _second.Requests.Count);
        Assert.Empty(_executor.Calls);
    }

    [Fact]
    public void AT_I7_HandleSessionMessage_NodeAndManagers_AreHandedOn()
    {
        Start();
        var peers = new WeightedPeer { Peer = new Peer { NodeId = "m2", Addr = "m2:2377" }, Weight = 1 };
        _first.Say(new SessionMessage { SessionId = "session of m1", Node = new Node { Id = "n1" }, Managers = { peers } });
        _thread.Settle();
        Assert.Equal("n1", Assert.Single(_executor.Configured).Id);
        Assert.Equal(peers, Assert.Single(_managers.Observed[^1]));
        Assert.Equal(2, _messages.Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AT_I7_StartStop_AskedToEnd_StopsTasksOnlyIfToldSo(bool stopTasks)
    {
        var running = Run(out _, stopTasks);
        _first.Assign(Assignments.Complete(Assignments.Task("a")).From("", "1"));
        _thread.Settle();
        _life.Cancel();
        _thread.Finish(running);
        Assert.Equal(stopTasks, _executor.Calls.Contains("a shutdown"));
        Assert.Equal(TaskState.Running, Assert.Single(_database.Load()).Status.State);
    }

    private SwarmAgent Start(string hostname = "", FakeManagers? managers = null)
    {
        _ = Run(out var agent, stopTasks: false, hostname, managers);
        return agent;
    }

    private Task Run(out SwarmAgent agent, bool stopTasks = false, string hostname = "", FakeManagers? managers = null)
    {
        agent = new SwarmAgent(new AgentOptions
        {
            Executor = _executor,
            Database = _database,
            Managers = managers ?? _managers,
            Hostname = hostname,
            OnSessionMessage = _messages.Add,
            TimeProvider = _thread.Time,
            Random = new Half(),
        });
        var running = agent.RunAsync(() => stopTasks, _life.Token);
        _thread.Settle();
        return running;
    }

    private FakeManager Current() => _first.Heartbeats.Count > 0 ? _first : _second;

    private IEnumerable<int> Pauses() =>
        _managers.Picks.Skip(1).Zip(_managers.Picks, (later, earlier) => (int)(later - earlier).TotalMilliseconds);

    // Of every possible pause the one in the middle.
    private sealed class Half : Random
    {
        public override double NextDouble() => 0.5;
    }
}
