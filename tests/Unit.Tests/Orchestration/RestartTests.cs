using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;
using SwarmOrleans.Orchestration;
using Condition = SwarmOrleans.Contracts.RestartPolicy.Types.RestartCondition;

namespace SwarmOrleans.Tests.Unit.Orchestration;

public sealed class RestartTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Theory]
    [InlineData(TaskState.Failed)]
    [InlineData(TaskState.Complete)]
    public void AT_RST_1_OnAny_EveryEndedTaskIsReplaced(TaskState end)
    {
        var world = World(Condition.Any);
        world.SetState(world.Running[0], end);
        world.Step();
        Assert.Equal([TaskState.Shutdown, TaskState.Ready], world.Tasks.Where(t => t.Slot == 1).Select(t => t.DesiredState).Order(Comparer<TaskState>.Create((a, b) => b.CompareTo(a))));
        world.Finish(TimeSpan.FromMinutes(1));
        Assert.Equal(2, world.Running.Count);
    }

    [Fact]
    public void AT_RST_2_OnFailure_CompletedStays_UntilForcedUpdate()
    {
        var world = World(Condition.OnFailure);
        world.SetState(world.Running[0], TaskState.Complete);
        world.Finish(TimeSpan.FromMinutes(1));
        Assert.Single(world.Running);
        world.Update(s => s.Annotations.Labels["a"] = "b");
        world.Finish(TimeSpan.FromMinutes(1));
        Assert.Single(world.Running);
        world.Update(s => s.Task.ForceUpdate++);
        world.Finish(TimeSpan.FromMinutes(1));
        Assert.Equal(2, world.Running.Count);
    }

    [Fact]
    public void AT_RST_3_OnNone_NothingIsReplaced()
    {
        var world = World(Condition.None);
        world.Running.ToList().ForEach(t => world.SetState(t, TaskState.Failed));
        world.Finish(TimeSpan.FromMinutes(1));
        Assert.Empty(world.Running);
        world.Update(s => s.Annotations.Labels["a"] = "b");
        world.Finish(TimeSpan.FromMinutes(1));
        Assert.Equal(2, world.Tasks.Count);
    }

    [Fact]
    public void AT_RST_3_OnNone_AForcedUpdate_ReplacesOneAfterTheOther()
    {
        var world = World(Condition.None);
        world.Running.ToList().ForEach(t => world.SetState(t, TaskState.Failed));
        world.Settle();
        world.Agent = _ => TaskState.Starting;
        world.Update(s => s.Task.ForceUpdate++);
        world.Finish(TimeSpan.FromMinutes(1));
        var first = Assert.Single(world.Wanted);
        world.SetState(first, TaskState.Running);
        world.Finish(TimeSpan.FromMinutes(1));
        Assert.Equal(2, world.Wanted.Count);
    }

    [Fact]
    public void AT_RST_4_Delay_HoldsTheReplacementReady()
    {
        var world = World(Condition.Any, delay: 10);
        world.SetState(world.Running[0], TaskState.Failed);
        world.Settle();
        var replacement = world.Wanted.Single(t => t.Observed() == TaskState.Ready);
        world.Advance(Second * 9);
        Assert.Equal(TaskState.Ready, world.Tasks.Single(t => t.Id == replacement.Id).DesiredState);
        world.Advance(Second * 1);
        Assert.Equal(TaskState.Running, world.Tasks.Single(t => t.Id == replacement.Id).Observed());
    }

    [Fact]
    public void AT_RST_5_MaxAttempts_CountPerSlot_AndANewSpecBeginsAnew()
    {
        var world = World(Condition.Any, maxAttempts: 1);
        world.Agent = t => t.Slot == 1 ? TaskState.Failed : TaskState.Running;
        world.SetState(world.Running[0], TaskState.Failed);
        world.Finish(TimeSpan.FromMinutes(5));
        Assert.Equal(2, world.Tasks.Count(t => t.Slot == 1));
        Assert.Single(world.Running);
        world.Agent = _ => TaskState.Running;
        world.Update(s => s.Task.Container.Image = "v2");
        world.Finish(TimeSpan.FromMinutes(5));
        Assert.Equal(2, world.Running.Count);
    }

    [Fact]
    public void AT_RST_6_Window_ForgetsOldRestarts()
    {
        var world = World(Condition.Any, maxAttempts: 1, window: 60);
        void Fail() => world.SetState(world.Running.First(t => t.Slot == 1), TaskState.Failed);
        Fail();
        world.Finish(Second * 10);
        world.Advance(Second * 10);
        Fail();
        world.Finish(Second * 10);
        Assert.DoesNotContain(world.Running, t => t.Slot == 1);

        world = World(Condition.Any, maxAttempts: 1, window: 60);
        Fail();
        world.Finish(Second * 10);
        world.Advance(Second * 70);
        Fail();
        world.Finish(Second * 10);
        Assert.Contains(world.Running, t => t.Slot == 1);
    }

    [Fact]
    public void TaskThatFailsBeforeItsDelayIsOver_IsNotTriedWithoutPause()
    {
        var world = World(Condition.Any, delay: 5);
        world.Agent = _ => TaskState.Rejected;
        world.Running.ToList().ForEach(t => world.SetState(t, TaskState.Failed));
        world.Finish(TimeSpan.FromSeconds(21));
        Assert.InRange(world.Tasks.Count, 4, 2 * 6);
    }

    [Fact]
    public void TaskThatFailedEarly_AndWaitsForItsDelay_IsNotTrimmed()
    {
        var world = World(Condition.Any, replicas: 1, delay: 30);
        world.Cluster.Spec.Orchestration.TaskHistoryRetentionLimit = 0;
        world.SetState(world.Running[0], TaskState.Failed);
        world.Step();
        var waiting = Assert.Single(world.Tasks);
        world.SetState(waiting, TaskState.Rejected);
        world.Step();
        Assert.Equal(waiting.Id, Assert.Single(world.Tasks).Id);
        Assert.Equal(TaskState.Ready, world.Fresh(waiting).DesiredState);
    }

    [Fact]
    public void SlotThatIsDone_StaysDone_WhenAnOlderTaskOfItIsHeardOfAtLast()
    {
        var world = World(Condition.OnFailure, replicas: 1);
        var lost = world.Running[0];
        world.SetNodeState(lost.NodeId, NodeStatus.Types.State.Down);
        world.Settle();
        world.SetState(Assert.Single(world.Wanted), TaskState.Complete);
        world.Advance(Second);
        world.SetNodeState(lost.NodeId, NodeStatus.Types.State.Ready);
        world.Finish(TimeSpan.FromMinutes(5));
        Assert.Equal(TaskState.Shutdown, world.Fresh(lost).Observed());
        Assert.Empty(world.Wanted);
    }

    [Fact]
    public void TaskOfAGoneNode_EndsWhenThatIsSeen_AndItsRestartIsCounted()
    {
        var world = World(Condition.Any, replicas: 1, maxAttempts: 1, window: 60);
        world.SetState(world.Running[0], TaskState.Failed);
        world.Finish(Second * 10);
        var second = Assert.Single(world.Running);
        world.Advance(Second * 70);
        world.Nodes.Remove(second.NodeId);
        world.Step();
        Assert.Equal(world.Now, world.Fresh(second).StateTime());
        Assert.Single(world.Wanted);
        Assert.Equal(2ul, Assert.Single(world.Progress!.Restarts).Total);
    }

    [Fact]
    public void RST_4_SlowPredecessor_IsWaitedForAsLongAsItsGraceAllows()
    {
        var world = World(Condition.Any, replicas: 1, configure: s => s.Task.Container.StopGracePeriod = Duration.FromTimeSpan(TimeSpan.FromMinutes(10)));
        world.StopsTasks = false;
        world.Drain(world.Running[0].NodeId, force: true);
        world.Settle();
        world.Advance(TimeSpan.FromMinutes(9));
        Assert.Single(world.Running);
        world.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(2, world.Running.Count);
    }

    [Fact]
    public void INI_3_ReplacementWaitsForItsPredecessor_AfterAFailoverToo()
    {
        var world = World(Condition.Any, replicas: 1, delay: 5);
        world.StopsTasks = false;
        world.Drain(world.Running[0].NodeId, force: true);
        world.Settle();
        world.FailOver();
        world.Advance(TimeSpan.FromSeconds(30));
        Assert.Single(world.Running);
        world.StopsTasks = true;
        world.Settle();
        Assert.Equal(TaskState.Running, Assert.Single(world.Running).DesiredState);
    }

    private static ServiceWorld World(
        Condition condition, double delay = 1, ulong maxAttempts = 0, double window = 0, ulong replicas = 2, Action<ServiceSpec>? configure = null)
    {
        var world = new ServiceWorld(replicas, configure: s =>
        {
            s.Task.Restart = new RestartPolicy
            {
                Condition = condition,
                Delay = Duration.FromTimeSpan(Second * delay),
                MaxAttempts = maxAttempts,
                Window = window > 0 ? Duration.FromTimeSpan(Second * window) : null,
            };
            configure?.Invoke(s);
        });
        world.Settle();
        return world;
    }
}
