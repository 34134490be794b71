using SwarmOrleans.Contracts;
using SwarmOrleans.Orchestration;
using SwarmOrleans.Silo.Loops;
using SwarmOrleans.Testing;
using Condition = SwarmOrleans.Contracts.RestartPolicy.Types.RestartCondition;

namespace SwarmOrleans.Tests.Unit.Orchestration;

public sealed class ReaperTests
{
    [Fact]
    public void AT_REA_1_AtStart_RunningAndRecentTasksStay_RemovedOnesThatCannotRunGo()
    {
        var world = new ServiceWorld(replicas: 1);
        var running = world.Add(TaskState.Running, TaskState.Running, "n1", 1);
        var history = world.Add(TaskState.Shutdown, TaskState.Shutdown, "n1", 1);
        var stopping = world.Add(TaskState.Remove, TaskState.Running, "n1", 2);
        SwarmTask[] over =
        [
            .. new[] { TaskState.Shutdown, TaskState.Complete, TaskState.Pending, TaskState.New }.Select(s => world.Add(TaskState.Remove, s, "n1", 3)),
        ];
        world.Step();
        Assert.All([running, history, stopping], t => Assert.True(world.Has(t)));
        Assert.All(over, t => Assert.False(world.Has(t)));
    }

    [Fact]
    public void AT_REA_2_History_IsTrimmedPerSlot_OldestFirst()
    {
        var world = new ServiceWorld(replicas: 2, configure: s => s.Task.Restart = GlobalTests.Policy(Condition.Any));
        world.Cluster.Spec.Orchestration.TaskHistoryRetentionLimit = 2;
        world.Settle();
        var first = world.Tasks.ToList();
        for (var i = 0; i < 4; i++)
        {
            world.Running.ToList().ForEach(t => world.SetState(t, TaskState.Failed));
            world.Advance(TimeSpan.FromSeconds(2));
        }

        Assert.Equal(4, world.Tasks.Count);
        Assert.Equal(2, world.Running.Count);
        Assert.All(first, t => Assert.False(world.Has(t)));
    }

    [Fact]
    public void AT_REA_3_ScaledDownAndRemoved_TasksGoOnlyWhenTheyHaveStopped()
    {
        var world = new ServiceWorld(replicas: 3);
        world.Settle();
        world.StopsTasks = false;
        world.Update(s => s.Replicated.Replicas = 2);
        world.Settle();
        Assert.Single(world.Tasks, t => t.DesiredState == TaskState.Remove);
        world.RequestRemoval();
        world.Settle();
        Assert.Equal(3, world.Tasks.Count(t => t.DesiredState == TaskState.Remove));
        world.StopsTasks = true;
        world.Settle();
        Assert.Empty(world.Tasks);
    }

    [Fact]
    public void AT_REA_4_RemovedService_ItsFinishedTasksAreDeleted()
    {
        var world = new ServiceWorld(replicas: 2, configure: s => s.Task.Restart = GlobalTests.Policy(Condition.OnFailure));
        world.Agent = _ => TaskState.Complete;
        world.Settle();
        Assert.Equal(2, world.Tasks.Count(t => t.Observed() == TaskState.Complete));
        world.RequestRemoval();
        world.Step();
        Assert.Empty(world.Tasks);
        Assert.Null(world.Service);
    }

    [Fact]
    public void AT_REA_5_TaskThatWasNeverPlaced_IsDeletedWhenAnUpdateReplacesIt()
    {
        var world = new ServiceWorld(replicas: 1) { CanPlace = t => t.Spec.ForceUpdate > 0 };
        world.Cluster.Spec.Orchestration.TaskHistoryRetentionLimit = 1;
        world.Settle();
        var waiting = Assert.Single(world.Tasks);
        world.SetState(waiting, TaskState.Pending);
        world.Update(s => s.Task.ForceUpdate++);
        world.Settle();
        Assert.False(world.Has(waiting));
        Assert.Single(world.Running);
    }

    [Fact]
    public void AT_REA_6_Trimming_IsPartOfTheDecision_NotOfATimer()
    {
        var world = new ServiceWorld(replicas: 1, configure: s => s.Task.Restart = GlobalTests.Policy(Condition.Any, delay: 0));
        world.Cluster.Spec.Orchestration.TaskHistoryRetentionLimit = 1;
        world.Settle();
        Assert.Null(world.WakeAt);
        var failed = Assert.Single(world.Tasks);
        world.SetState(failed, TaskState.Failed);
        Assert.Contains(world.Step().Remove, t => t.Id == failed.Id);
        Assert.False(world.Has(failed));
    }

    [Fact]
    public void AT_REA_7_ALaterDecision_TrimsWhatAnEarlierCouldNot()
    {
        var world = new ServiceWorld(replicas: 1) { StopsTasks = false };
        world.Cluster.Spec.Orchestration.TaskHistoryRetentionLimit = 1;
        world.Settle();
        world.Update(s => s.Task.ForceUpdate++);
        world.Finish(TimeSpan.FromMinutes(5));
        Assert.Equal(2, world.Running.Count);
        world.StopsTasks = true;
        world.FailOver();
        world.Settle();
        Assert.Single(world.Tasks);
        Assert.True(world.Step().IsEmpty);
    }

    [Theory]
    [InlineData(TaskState.Running)]
    [InlineData(TaskState.Shutdown)]
    public void AT_REA_8_WhatMayBeDeleted_DependsOnBothStates(TaskState desired)
    {
        foreach (var observed in Enum.GetValues<TaskState>().Where(s => s != TaskState.Remove))
        {
            var expected = observed >= TaskState.Complete || (desired == TaskState.Shutdown && (observed is TaskState.New or TaskState.Pending));
            Assert.Equal(expected, new SwarmTask { DesiredState = desired, Status = new SwarmTaskStatus { State = observed } }.IsSpent());
        }
    }

    [Fact]
    public void REA_4_LimitedAttempts_DoNotBendTheOperatorsLimit()
    {
        var world = new ServiceWorld(replicas: 1, configure: s => s.Task.Restart = GlobalTests.Policy(Condition.Any, maxAttempts: 8));
        world.Cluster.Spec.Orchestration.TaskHistoryRetentionLimit = 3;
        world.Agent = t => t.DesiredState == TaskState.Running ? TaskState.Failed : TaskState.Running;
        var made = new HashSet<string>();
        world.Invariant = w => made.UnionWith(w.Tasks.Select(t => t.Id));
        world.Finish(TimeSpan.FromHours(1));
        Assert.Equal(9, made.Count);
        Assert.Equal(3, world.Tasks.Count);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void REA_5_TaskThatFinishedForGood_IsNotTrimmed_OrItWouldRunAgain(long limit)
    {
        var world = new ServiceWorld(replicas: 1, configure: s => s.Task.Restart = GlobalTests.Policy(Condition.None));
        world.Cluster.Spec.Orchestration.TaskHistoryRetentionLimit = limit;
        world.Agent = _ => TaskState.Complete;
        world.Finish(TimeSpan.FromHours(1));
        Assert.Single(world.Tasks);
    }

    [Fact]
    public void DEA_1_RemovedService_IsGoneOnlyWithItsLastTask_ButDownNodesDoNotHoldItUp()
    {
        var world = new ServiceWorld(replicas: 2, nodes: 2) { StopsTasks = false };
        world.Settle();
        world.RequestRemoval();
        world.Settle();
        Assert.NotNull(world.Service);
        world.SetState(world.Running.Single(t => t.NodeId == "n1"), TaskState.Shutdown);
        world.Settle();
        Assert.NotNull(world.Service);
        world.SetNodeState("n2", NodeStatus.Types.State.Down);
        world.Settle();
        Assert.Null(world.Service);
        Assert.NotNull(world.Progress);
        world.SetState(Assert.Single(world.Tasks), TaskState.Shutdown);
        world.Settle();
        Assert.Empty(world.Tasks);
        Assert.Null(world.Progress);
    }

    [Theory]
    [InlineData(TaskState.Running, TaskState.Orphaned, "", true)]
    [InlineData(TaskState.Remove, TaskState.Shutdown, "", true)]
    [InlineData(TaskState.Remove, TaskState.Pending, "", true)]
    [InlineData(TaskState.Remove, TaskState.Running, "", false)]
    [InlineData(TaskState.Running, TaskState.Running, "", false)]
    [InlineData(TaskState.Running, TaskState.Failed, "", false)]
    [InlineData(TaskState.Running, TaskState.Orphaned, "svc", false)]
    public void REA_1_AttachmentTask_GoesWhenItsNodeIsLost_OrWhenItIsRemovedAndStopped(TaskState desired, TaskState observed, string service, bool expected) =>
        Assert.Equal(expected, UnownedTasks.IsOver(new SwarmTask { ServiceId = service, DesiredState = desired, Status = new SwarmTaskStatus { State = observed } }));

    [Fact]
    public async Task REA_1_Reaper_DeletesAttachmentTasksFoundAtStart_AndLater()
    {
        await using var test = TestStore.Create();
        SwarmTask Attachment(string id, TaskState state) => new()
        {
            Id = id,
            NodeId = "n1",
            Spec = new TaskSpec { Attachment = new NetworkAttachmentSpec { ContainerId = "c" } },
            Status = new SwarmTaskStatus { State = state },
            DesiredState = TaskState.Running,
        };
        await test.CreateAsync(Attachment("lost", TaskState.Orphaned), Attachment("lives", TaskState.Running));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var loop = new ReaperLoop(test.Store).RunAsync(test.Store.Leadership.Term, stop.Token);
        await GoneAsync(test, "lost");
        var later = test.Store.Current.Find<SwarmTask>("lives")!.Clone();
        later.Status.State = TaskState.Orphaned;
        await test.Store.CommitAsync(new SwarmOrleans.Store.StoreTransaction().Update(later), stop.Token);
        await GoneAsync(test, "lives");
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => loop);
    }

    private static async Task GoneAsync(TestStore test, string id)
    {
        var view = test.Store.Current;
        if (view.Find<SwarmTask>(id) is null)
        {
            return;
        }

        await foreach (var batch in test.Store.WatchAsync(view.Version, TestContext.Current.CancellationToken))
        {
            if (batch.View.Find<SwarmTask>(id) is null)
            {
                return;
            }
        }
    }
}
