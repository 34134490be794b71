using Grpc.Core;
using SwarmOrleans.Agent;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Tests.Unit.Agent;

public sealed class StatusReporterTests : IDisposable
{
    private readonly VirtualThread _thread = new();
    private readonly FakeManager _manager;
    private readonly StatusReporter _reporter = new();

    public StatusReporterTests() => _manager = new FakeManager("m1", _thread.Time);

    public void Dispose() => _thread.Dispose();

    [Fact]
    public void WhatIsReachedWhileAReportIsUnderWay_GoesTogetherWithTheNext()
    {
        _manager.ReportGate = new TaskCompletionSource();
        Run();
        Add("a", TaskState.Accepted);
        _thread.Settle();
        Add("a", TaskState.Preparing);
        Add("b", TaskState.Accepted);
        Add("a", TaskState.Ready);
        _thread.Settle();
        Assert.Equal([["a Accepted"]], Sent());
        _manager.ReportGate.SetResult();
        _thread.Settle();
        Assert.Equal([["a Accepted"], ["a Ready", "b Accepted"]], Sent());
        Assert.All(_manager.Reports, r => Assert.Equal("s1", r.SessionId));
    }

    [Fact]
    public void TaskThatStartsAtOnce_IsReportedOnce()
    {
        Run();
        foreach (var state in new[] { TaskState.Accepted, TaskState.Preparing, TaskState.Ready, TaskState.Starting, TaskState.Running })
        {
            Add("a", state);
        }

        _thread.Settle();
        Assert.Equal([["a Running"]], Sent());
    }

    [Fact]
    public void AT_I7_Reporter_FailedReport_IsKeptForTheNextSession()
    {
        _manager.ReportError = new RpcException(new Status(StatusCode.Unavailable, "gone"));
        var session = Run();
        Add("a", TaskState.Running);
        _thread.Settle();
        Assert.True(session.IsFaulted);
        Add("b", TaskState.Ready);
        _manager.ReportError = null;
        Run();
        _thread.Settle();
        Assert.Equal(["a Running", "b Ready"], Sent()[^1]);
    }

    [Fact]
    public void AT_I7_Reporter_LowerStateNeverReplacesAHigherOne()
    {
        Add("a", TaskState.Running);
        Add("a", TaskState.Starting);
        Run();
        _thread.Settle();
        Assert.Equal([["a Running"]], Sent());
    }

    [Theory]
    [InlineData(TaskState.Preparing, "registry is still busy")]
    [InlineData(TaskState.Ready, "")]
    public void StateReachedWhileAReportFails_OutlivesTheFailedOne(TaskState newer, string error)
    {
        _manager.ReportGate = new TaskCompletionSource();
        _manager.ReportError = new RpcException(new Status(StatusCode.Unavailable, "gone"));
        Run();
        _reporter.Add("a", new SwarmTaskStatus { State = TaskState.Preparing, Err = "registry is busy" });
        _thread.Settle();
        _reporter.Add("a", new SwarmTaskStatus { State = newer, Err = error });
        _manager.ReportGate.SetResult();
        _thread.Settle();
        (_manager.ReportGate, _manager.ReportError) = (null, null);
        Run();
        _thread.Settle();
        var status = Assert.Single(_manager.Reports[^1].Updates).Status;
        Assert.Equal((newer, error), (status.State, status.Err));
    }

    [Fact]
    public void ForgottenTask_IsNotReported()
    {
        Add("a", TaskState.Running);
        Add("b", TaskState.Running);
        _reporter.Forget("a");
        Run();
        _thread.Settle();
        _reporter.Forget("c");
        _thread.Settle();
        Assert.Equal([["b Running"]], Sent());
    }

    [Fact]
    public void VeryManyStates_AreReportedInParts_EachOnce()
    {
        for (var i = 0; i < 10_000; i++)
        {
            Add($"t{i}", TaskState.Running);
        }

        Run();
        _thread.Settle();
        Assert.Equal([4096, 4096, 1808], _manager.Reports.Select(r => r.Updates.Count));
        Assert.Equal(10_000, _manager.Reports.SelectMany(r => r.Updates).Select(u => u.TaskId).Distinct().Count());
    }

    private Task Run() => _reporter.RunAsync("s1", _manager, CancellationToken.None);

    private void Add(string id, TaskState state) => _reporter.Add(id, new SwarmTaskStatus { State = state });

    private List<List<string>> Sent() =>
        [.. _manager.Reports.Select(r => r.Updates.Select(u => $"{u.TaskId} {u.Status.State}").Order(StringComparer.Ordinal).ToList())];
}
