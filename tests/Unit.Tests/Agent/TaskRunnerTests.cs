using SwarmOrleans.Agent;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Tests.Unit.Agent;

public sealed class TaskRunnerTests : IDisposable
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly VirtualThread _thread = new();
    private readonly FakeExecutor _executor = new();
    private readonly List<SwarmTaskStatus> _reports = [];

    private IEnumerable<TaskState> Reported => _reports.Select(r => r.State);

    public void Dispose() => _thread.Dispose();

    [Fact]
    public void AT_I7_ReadyRunning_WholeLife_ReportsEachStateWithItsMessage()
    {
        var runner = Start(Assignments.Task());
        Assert.Equal(TaskState.Running, runner.Status.State);
        _executor.Finish("t1 wait");
        _thread.Settle();
        Assert.Equal(["accepted", "preparing", "prepared", "starting", "started", "finished"], _reports.Select(r => r.Message));
        Assert.Equal(
            [TaskState.Accepted, TaskState.Preparing, TaskState.Ready, TaskState.Starting, TaskState.Running, TaskState.Complete], Reported);
        Assert.Equal(["t1 prepare", "t1 start", "t1 wait"], _executor.Calls);
    }

    [Fact]
    public void Report_CarriesTheWorkersTime_AndTheContainerFromStartingUp()
    {
        _executor.Container = new ContainerStatus { ContainerId = "c1", Pid = 7 };
        Start(Assignments.Task());
        Assert.All(_reports, r => Assert.Equal(_thread.Time.GetUtcNow(), r.Timestamp.ToDateTimeOffset()));
        Assert.All(_reports, r => Assert.Equal(r.State > TaskState.Starting ? "c1" : null, r.Container?.ContainerId));
    }

    [Fact]
    public void Report_CarriesThePorts_WhileItRuns()
    {
        _executor.Ports = new PortStatus { Ports = { new PortConfig { TargetPort = 80, PublishedPort = 49153 } } };
        Start(Assignments.Task());
        _executor.Finish("t1 wait");
        _thread.Settle();
        Assert.All(_reports, r => Assert.Equal(r.State == TaskState.Running ? 49153U : null, r.PortStatus?.Ports[0].PublishedPort));
    }

    [Fact]
    public void WishForReady_HoldsThere_UntilTheWishIsRunning()
    {
        var runner = Start(Assignments.Task(desired: TaskState.Ready));
        _thread.Advance(Second * 30);
        Assert.Equal(TaskState.Ready, runner.Status.State);
        Assert.Equal(["t1 prepare"], _executor.Calls);
        Update(runner, TaskState.Running);
        Assert.Equal(TaskState.Running, runner.Status.State);
    }

    [Fact]
    public void WishForRunningDuringPrepare_NeitherCancelsNorRepeatsIt()
    {
        _executor.Lasting.Add("prepare");
        var runner = Start(Assignments.Task(desired: TaskState.Ready));
        Update(runner, TaskState.Running);
        _thread.Advance(Second * 2);
        Assert.Equal(["t1 prepare"], _executor.Calls);
        _executor.Finish("t1 prepare");
        _thread.Settle();
        Assert.Equal(["t1 prepare", "t1 start", "t1 wait"], _executor.Calls);
        Assert.Equal(TaskState.Running, runner.Status.State);
    }

    [Theory]
    [InlineData("prepare", TaskState.Shutdown)]
    [InlineData("start", TaskState.Shutdown)]
    [InlineData("wait", TaskState.Shutdown)]
    [InlineData("wait", TaskState.Remove)]
    public void AT_I7_Shutdown_WishToStop_CancelsWhatIsUnderWay_AndNeverExceedsShutdown(string step, TaskState wish)
    {
        _executor.Lasting.Add(step);
        var runner = Start(Assignments.Task());
        Update(runner, wish);
        Assert.Equal([$"t1 {step}", $"t1 {step} cancelled", "t1 shutdown"], _executor.Calls.TakeLast(3));
        Assert.Equal((TaskState.Shutdown, "shutdown"), (_reports[^1].State, _reports[^1].Message));
    }

    [Fact]
    public void AT_I7_DesiredStateRemoveOnlyNonterminal_EndedTask_IsLeftAlone()
    {
        var runner = Start(Assignments.Task());
        _executor.Finish("t1 wait", new TaskException("task: non-zero exit (3)", exitCode: 3));
        _thread.Settle();
        Update(runner, TaskState.Remove);
        Assert.Equal(TaskState.Failed, runner.Status.State);
        Assert.DoesNotContain("t1 shutdown", _executor.Calls);
    }

    [Theory]
    [InlineData("prepare", TaskState.Preparing)]
    [InlineData("start", TaskState.Starting)]
    [InlineData("wait", TaskState.Running)]
    public void AT_I7_IsTemporary_TemporaryError_ShowsAndIsTriedAgainAfterASecond(string step, TaskState state)
    {
        _executor.FailNext(step, new TaskException("registry is busy", isTemporary: true));
        var runner = Start(Assignments.Task());
        Assert.Equal((state, "registry is busy"), (runner.Status.State, runner.Status.Err));
        _thread.Advance(Second - TimeSpan.FromMilliseconds(1));
        Assert.Single(_executor.Calls, $"t1 {step}");
        _thread.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(2, _executor.Calls.Count(c => c == $"t1 {step}"));
        Assert.Equal(TaskState.Running, runner.Status.State);
    }

    [Fact]
    public void StepThatRanOutOfTimeByItself_IsTriedAgainAfterASecond_NotAtOnce()
    {
        _executor.FailNext("prepare", new TaskCanceledException("an inner call took too long"));
        var runner = Start(Assignments.Task());
        Assert.Equal(["t1 prepare"], _executor.Calls);
        Assert.Equal(TaskState.Preparing, runner.Status.State);
        _thread.Advance(Second);
        Assert.Equal(TaskState.Running, runner.Status.State);
    }

    [Fact]
    public void WishToStopWhileATemporaryErrorIsWaitedOut_IsHeededAtOnce()
    {
        _executor.FailNext("start", new TaskException("engine is busy", isTemporary: true));
        var runner = Start(Assignments.Task());
        Update(runner, TaskState.Shutdown);
        Assert.Equal(TaskState.Shutdown, runner.Status.State);
    }

    [Theory]
    [InlineData("prepare", TaskState.Rejected, "preparing")]
    [InlineData("start", TaskState.Failed, "starting")]
    [InlineData("wait", TaskState.Failed, "started")]
    public void AT_I7_PrepareFailure_FinalError_IsRejectedBeforeStarting_FailedFromThere(string step, TaskState end, string message)
    {
        _executor.Container = new ContainerStatus { ContainerId = "c1", ExitCode = 3 };
        _executor.FailNext(step, new TaskException("no such image"));
        var runner = Start(Assignments.Task());
        _thread.Advance(Second * 2);
        Assert.Equal((end, "no such image", message), (runner.Status.State, runner.Status.Err, runner.Status.Message));
        Assert.Equal(3, runner.Status.Container.ExitCode);
        Assert.Single(_executor.Calls, $"t1 {step}");
    }

    [Theory]
    [InlineData(TaskState.Assigned, TaskState.Rejected)]
    [InlineData(TaskState.Ready, TaskState.Rejected)]
    [InlineData(TaskState.Starting, TaskState.Failed)]
    [InlineData(TaskState.Running, TaskState.Failed)]
    [InlineData(TaskState.Complete, TaskState.Complete)]
    public void AT_I7_Resolve_NoController_EndsTheTaskByHowFarItHadCome(TaskState saved, TaskState end)
    {
        _executor.Refusal = new TaskException("container specs only");
        var runner = Start(Assignments.Task(state: saved));
        Assert.Equal(end, runner.Status.State);
        if (end != saved)
        {
            Assert.Equal(("resolving controller failed", "container specs only"), (runner.Status.Message, runner.Status.Err));
        }
    }

    [Fact]
    public void AssignmentWithALowerDesiredState_IsIgnored()
    {
        var runner = Start(Assignments.Task(desired: TaskState.Shutdown));
        Update(runner, TaskState.Running);
        _thread.Advance(Second * 2);
        Assert.Equal(["t1 shutdown"], _executor.Calls);
        Assert.Equal(TaskState.Shutdown, runner.Status.State);
    }

    [Fact]
    public void Stop_LeavesTheTaskRunning_RemoveStopsItAndTakesItAway()
    {
        _thread.Finish(Start(Assignments.Task()).StopAsync());
        Assert.Equal(["t1 prepare", "t1 start", "t1 wait", "t1 wait cancelled"], _executor.Calls);
        Assert.Equal(TaskState.Running, _reports[^1].State);
        _executor.Calls.Clear();
        _thread.Finish(Start(Assignments.Task(state: TaskState.Running)).RemoveAsync(CancellationToken.None));
        Assert.Equal(["t1 wait", "t1 wait cancelled", "t1 shutdown", "t1 remove"], _executor.Calls);
    }

    private TaskRunner Start(SwarmTask task)
    {
        var runner = new TaskRunner(task, _executor, _executor.Inputs, _thread.Time, (_, status) => _reports.Add(status));
        runner.Start();
        _thread.Settle();
        return runner;
    }

    private void Update(TaskRunner runner, TaskState desired)
    {
        runner.Update(Assignments.Task(desired: desired));
        _thread.Settle();
    }
}
