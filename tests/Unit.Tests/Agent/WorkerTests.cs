using SwarmOrleans.Agent;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Tests.Unit.Agent;

public sealed class WorkerTests : IDisposable
{
    private readonly VirtualThread _thread = new();
    private readonly FakeExecutor _executor = new();
    private readonly string _directory = Directory.CreateTempSubdirectory("worker").FullName;
    private readonly StatusReporter _reporter = new();
    private readonly TaskDatabase _database;
    private readonly Worker _worker;

    public WorkerTests()
    {
        _database = new TaskDatabase(Path.Combine(_directory, "tasks.db"));
        _worker = NewWorker();
    }

    public void Dispose()
    {
        _database.Dispose();
        _thread.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public void AT_I7_WorkerAssign_CompleteMessage_RemovesWhatIsNotInIt()
    {
        Apply(Assignments.Complete(Assignments.Task("a"), Assignments.Task("b")));
        _executor.Calls.Clear();
        Apply(Assignments.Complete(Assignments.Task("b"), Assignments.Task("c")));
        Assert.Equal(["a wait cancelled", "a shutdown", "a remove"], CallsOf("a"));
        Assert.Empty(CallsOf("b"));
        Assert.Equal(["c prepare", "c start", "c wait"], CallsOf("c"));
        Assert.Equal(["b", "c"], Saved().Select(t => t.Id));
    }

    [Fact]
    public void AT_I7_WorkerUpdate_IncrementalMessage_ChangesOnlyWhatItLists()
    {
        Apply(Assignments.Complete(Assignments.Task("a"), Assignments.Task("b")));
        _executor.Calls.Clear();
        Apply(Assignments.Changed(Assignments.Task("c")));
        Assert.Equal(["c prepare", "c start", "c wait"], _executor.Calls);
        Apply(Assignments.Removed(Assignments.Task("a"), Assignments.Task("unknown")));
        Assert.Equal(["a wait cancelled", "a shutdown", "a remove"], CallsOf("a"));
        Assert.Equal(["b", "c"], Saved().Select(t => t.Id));
    }

    [Fact]
    public void KnownTask_KeepsItsOwnState_AnUnknownOneBeginsWithTheManagers()
    {
        Apply(Assignments.Complete(Assignments.Task("a"), Assignments.Task("b", state: TaskState.Running)));
        Apply(Assignments.Complete(Assignments.Task("a"), Assignments.Task("b")));
        Assert.Equal(["a prepare", "a start", "a wait"], CallsOf("a"));
        Assert.Equal(["b wait"], CallsOf("b"));
    }

    [Fact]
    public void EveryReportedState_IsSavedBefore()
    {
        _executor.Lasting.Add("start");
        Apply(Assignments.Complete(Assignments.Task("a")));
        Assert.Equal(TaskState.Starting, Assert.Single(Saved()).Status.State);
        _executor.Finish("a start");
        _thread.Settle();
        Assert.Equal(TaskState.Running, Assert.Single(Saved()).Status.State);
    }

    [Fact]
    public void Adopt_TasksOfTheDatabase_ContinueFromTheirSavedState()
    {
        _database.Save([Assignments.Task("new"), Assignments.Task("half"), Assignments.Task("runs"), Assignments.Task("over")]);
        _database.SaveStatus("half", new SwarmTaskStatus { State = TaskState.Preparing });
        _database.SaveStatus("runs", new SwarmTaskStatus { State = TaskState.Running });
        _database.SaveStatus("over", new SwarmTaskStatus { State = TaskState.Complete });
        _worker.Adopt();
        _thread.Settle();
        Assert.Equal(["new prepare", "new start", "new wait"], CallsOf("new"));
        Assert.Equal(["half prepare", "half start", "half wait"], CallsOf("half"));
        Assert.Equal(["runs wait"], CallsOf("runs"));
        Assert.Empty(CallsOf("over"));
        Apply(Assignments.Complete(Assignments.Task("runs")));
        Assert.Equal(["runs wait"], CallsOf("runs"));
        Assert.Equal(["over shutdown", "over remove"], CallsOf("over"));
    }

    [Fact]
    public void StoppedWorker_LeavesItsTasks_AndTheNextOneTakesThemUp()
    {
        Apply(Assignments.Complete(Assignments.Task("a")));
        _thread.Finish(_worker.StopAsync(stopTasks: false, CancellationToken.None));
        NewWorker().Adopt();
        _thread.Settle();
        Assert.Equal(["a prepare", "a start", "a wait", "a wait cancelled", "a wait"], _executor.Calls);
    }

    [Fact]
    public void StoppedWorker_AskedTo_StopsItsTasks()
    {
        Apply(Assignments.Complete(Assignments.Task("a")));
        _thread.Finish(_worker.StopAsync(stopTasks: true, CancellationToken.None));
        Assert.Equal(["a wait cancelled", "a shutdown", "a remove"], _executor.Calls.Skip(3));
    }

    [Fact]
    public void AT_I7_WorkerWait_StopWaitsForRemovalsUnderWay()
    {
        _executor.Lasting.Add("shutdown");
        Apply(Assignments.Complete(Assignments.Task("a")));
        Apply(Assignments.Complete());
        var stopped = _worker.StopAsync(stopTasks: false, CancellationToken.None);
        _thread.Settle();
        Assert.False(stopped.IsCompleted);
        _executor.Finish("a shutdown");
        _thread.Finish(stopped);
        Assert.Equal("a remove", _executor.Calls[^1]);
    }

    [Fact]
    public void ReportAll_ReportsEveryTaskOnce_AsItStands()
    {
        _executor.Lasting.Add("start");
        Apply(Assignments.Complete(Assignments.Task("a"), Assignments.Task("b", desired: TaskState.Ready)));
        var manager = new FakeManager("m1", _thread.Time);
        _ = _reporter.RunAsync("s1", manager, CancellationToken.None);
        _thread.Settle();
        manager.Reports.Clear();
        _worker.ReportAll();
        _thread.Settle();
        Assert.Equal(
            [("a", TaskState.Starting), ("b", TaskState.Ready)],
            Assert.Single(manager.Reports).Updates.Select(u => (u.TaskId, u.Status.State)).Order());
    }

    private Worker NewWorker() => new(_executor, _database, _executor.Inputs, _thread.Time, _reporter);

    private void Apply(AssignmentsMessage message)
    {
        _worker.Apply(message);
        _thread.Settle();
    }

    private IEnumerable<SwarmTask> Saved() => _database.Load().OrderBy(t => t.Id, StringComparer.Ordinal);

    private IEnumerable<string> CallsOf(string task) => _executor.Calls.Where(c => c.StartsWith($"{task} ", StringComparison.Ordinal));
}
