using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;
using SwarmOrleans.Orchestration;
using Action = SwarmOrleans.Contracts.UpdateConfig.Types.FailureAction;
using Order = SwarmOrleans.Contracts.UpdateConfig.Types.UpdateOrder;
using State = SwarmOrleans.Contracts.UpdateStatus.Types.UpdateState;

namespace SwarmOrleans.Tests.Unit.Orchestration;

/// <summary>What rollouts do that SwarmKit's do not: deadlines, pause and resume, revisions, and nothing forgotten at a failover.</summary>
public sealed class RolloutTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Theory]
    [InlineData(Action.Pause, State.Paused)]
    [InlineData(Action.Rollback, State.RollbackCompleted)]
    [InlineData(Action.Continue, State.Completed)]
    public void ProgressDeadline_ATaskThatCannotRun_CountsAsFailed(Action action, State expected)
    {
        var world = World(Config(action, deadline: 30));
        world.CanPlace = t => t.Spec.Container.Image == "v1";
        world.Update(s => s.Task.Container.Image = "v2");
        world.Settle();
        world.Advance(TimeSpan.FromSeconds(29));
        Assert.Equal(State.Updating, world.Service!.UpdateStatus.State);
        world.Finish(Hour);
        Assert.Equal(expected, world.Service!.UpdateStatus.State);
        if (expected == State.Paused)
        {
            Assert.Contains("did not run within the progress deadline", world.Service.UpdateStatus.Message, StringComparison.Ordinal);
            Assert.Equal(2, world.Running.Count);
        }
    }

    [Fact]
    public void WithoutADeadline_TheRolloutWaits()
    {
        var world = World(Config(Action.Pause));
        world.CanPlace = t => t.Spec.Container.Image == "v1";
        world.Update(s => s.Task.Container.Image = "v2");
        world.Finish(Hour);
        Assert.Equal(State.Updating, world.Service!.UpdateStatus.State);
        Assert.Equal(2, world.Running.Count);
    }

    [Fact]
    public void Pause_HoldsTheNextSlot_ResumeGoesOnWhereItWas()
    {
        var world = World(Config(Action.Pause, delay: 10));
        world.Update(s => s.Task.Container.Image = "v2");
        world.Settle();
        world.Put(Rollouts.Pause(world.Service!));
        world.Finish(Hour);
        Assert.Equal((State.Paused, 1), (world.Service!.UpdateStatus.State, Updated(world)));
        var begun = world.Progress!.Update.Clone();
        Assert.Null(Rollouts.Pause(world.Service));
        world.FailOver();
        world.Put(Rollouts.Resume(world.Service!));
        world.Settle();
        Assert.Equal(begun.StartedAt, world.Progress.Update.StartedAt);
        Assert.Equal(begun.Total, world.Progress.Update.Total);
        world.Finish(Hour);
        Assert.Equal((State.Completed, 3), (world.Service!.UpdateStatus.State, Updated(world)));
        Assert.Null(Rollouts.Resume(world.Service));
    }

    [Fact]
    public void ResumeAfterAFailure_ForgivesIt_ButNotTheNext()
    {
        var world = World(Config(Action.Pause));
        world.Agent = t => t is { Slot: 1 or 3, Spec.Container.Image: "v2" } ? TaskState.Failed : TaskState.Running;
        world.Update(s => (s.Task.Container.Image, s.Task.Restart) = ("v2", GlobalTests.Policy(RestartPolicy.Types.RestartCondition.None)));
        world.Finish(Hour);
        Assert.Equal((State.Paused, 0), (world.Service!.UpdateStatus.State, Updated(world)));
        world.Put(Rollouts.Resume(world.Service));
        world.Finish(Hour);
        Assert.Equal((State.Paused, 1), (world.Service!.UpdateStatus.State, Updated(world)));
        world.Put(Rollouts.Resume(world.Service));
        world.Finish(Hour);
        Assert.Equal(State.Completed, world.Service!.UpdateStatus.State);
    }

    [Fact]
    public void PausedRollback_IsResumedToItsEnd()
    {
        var world = World(Config(Action.Pause, delay: 10));
        world.Update(s => s.Task.Container.Image = "v2");
        world.Finish(Hour);
        world.RollBack();
        world.Settle();
        world.Put(Rollouts.Pause(world.Service!));
        world.Finish(Hour);
        Assert.Equal(State.RollbackPaused, world.Service!.UpdateStatus.State);
        world.Put(Rollouts.Resume(world.Service));
        world.Finish(Hour);
        Assert.Equal((State.RollbackCompleted, 0), (world.Service!.UpdateStatus.State, Updated(world)));
    }

    [Fact]
    public void Revisions_AreNumbered_ScaleMakesNone_OnlyTheLastTenAreKept()
    {
        var world = World(Config(Action.Pause));
        world.Update(s => s.Replicated.Replicas = 4);
        world.Finish(Hour);
        Assert.Equal([1ul], world.Progress!.Revisions.Select(r => r.Number));
        for (var i = 2; i <= 12; i++)
        {
            world.Update(s => s.Task.Container.Image = $"v{i}");
            world.Finish(Hour);
        }

        Assert.Equal(Enumerable.Range(3, 10).Select(i => ((ulong)i, $"v{i}")), world.Progress.Revisions.Select(r => (r.Number, r.Spec.Task.Container.Image)));
        world.Cluster.Spec.Orchestration.RevisionHistoryLimit = 3;
        world.Update(s => s.Task.Container.Image = "v13");
        world.Settle();
        Assert.Equal([11ul, 12, 13], world.Progress.Revisions.Select(r => r.Number));
    }

    [Fact]
    public void RollBackTo_ReturnsToTheRevision_AtTodaysScale_AndMakesItTheLast()
    {
        var world = World(Config(Action.Pause));
        world.Update(s => s.Task.Container.Image = "v2");
        world.Finish(Hour);
        world.Update(s => s.Task.Container.Image = "v3");
        world.Finish(Hour);
        world.Update(s => s.Replicated.Replicas = 5);
        world.Finish(Hour);
        Assert.Null(Rollouts.RollBackTo(world.Service!, world.Progress, 3, world.Now));
        Assert.Null(Rollouts.RollBackTo(world.Service!, world.Progress, 9, world.Now));
        world.Put(Rollouts.RollBackTo(world.Service!, world.Progress, 1, world.Now));
        world.Finish(Hour);
        Assert.Equal(State.RollbackCompleted, world.Service!.UpdateStatus.State);
        Assert.Equal(["v1", "v1", "v1", "v1", "v1"], world.Running.Select(t => t.Spec.Container.Image));
        Assert.Equal([(2ul, "v2"), (3ul, "v3"), (4ul, "v1")], world.Progress!.Revisions.Select(r => (r.Number, r.Spec.Task.Container.Image)));
    }

    [Fact]
    public void ScaleDuringAnUpdate_DoesNotBeginItAnew_AndRollbackIsNotToTheScale()
    {
        var world = World(Config(Action.Rollback, delay: 10));
        world.Agent = t => t is { Slot: 2, Spec.Container.Image: "v2" } ? TaskState.Failed : TaskState.Running;
        world.Update(s => s.Task.Container.Image = "v2");
        world.Settle();
        var begun = world.Progress!.Update.Clone();
        world.Advance(TimeSpan.FromSeconds(5));
        world.Update(s => s.Replicated.Replicas = 4);
        world.Settle();
        Assert.Equal(begun.StartedAt, world.Progress.Update.StartedAt);
        Assert.Equal(begun.Total, world.Progress.Update.Total);
        Assert.Equal(begun.StartedAt, world.Service!.UpdateStatus.StartedAt);
        world.Finish(Hour);
        Assert.Equal((State.RollbackCompleted, "v1", 4ul), (world.Service!.UpdateStatus.State, world.Service.Spec.Task.Container.Image, world.Service.Spec.Replicated.Replicas));
        Assert.Equal(4, world.Running.Count);
    }

    [Fact]
    public void Failover_FailuresMonitoringAndDelay_AreNotForgotten()
    {
        var config = Config(Action.Pause, delay: 10);
        config.MaxFailureRatio = 0.4f;
        var world = World(config);
        world.Agent = t => t is { Slot: 1 or 2, Spec.Container.Image: "v2" } ? TaskState.Failed : TaskState.Running;
        world.Update(s => (s.Task.Container.Image, s.Task.Restart) = ("v2", GlobalTests.Policy(RestartPolicy.Types.RestartCondition.None)));
        world.Settle();
        world.FailOver();
        world.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal(2, world.Running.Count);
        world.Finish(Hour);
        Assert.Equal(State.Paused, world.Service!.UpdateStatus.State);
        Assert.Equal("v1", Assert.Single(world.Running).Spec.Container.Image);
    }

    [Fact]
    public void StartFirst_ReplacementThatNeverRuns_LeavesTheOldOneAlone_UntilOneDoes()
    {
        var config = Config(Action.Continue);
        config.Order = Order.StartFirst;
        var world = World(config);
        world.Agent = t => t.Spec.Container.Image == "v2" && t.DesiredState == TaskState.Running ? TaskState.Failed : TaskState.Running;
        world.Invariant = w => Assert.Equal(3, w.Running.Count(t => t.IsWanted()));
        world.Update(s => s.Task.Container.Image = "v2");
        world.Finish(TimeSpan.FromMinutes(10));
        Assert.Equal(State.Completed, world.Service!.UpdateStatus.State);
        Assert.Equal(3, world.Running.Count(t => t.Spec.Container.Image == "v1"));
        world.Invariant = null;
        world.Agent = _ => TaskState.Running;
        world.Finish(TimeSpan.FromMinutes(10));
        Assert.Equal(["v2", "v2", "v2"], world.Running.Select(t => t.Spec.Container.Image));
    }

    [Fact]
    public void RollbackWithoutAPreviousSpec_Pauses()
    {
        var world = World(Config(Action.Rollback));
        world.Agent = t => t.Spec.Container.Image == "v2" ? TaskState.Failed : TaskState.Running;
        world.Update(s => s.Task.Container.Image = "v2");
        var next = world.Service!.Clone();
        (next.PreviousSpec, next.PreviousSpecVersion) = (null, null);
        world.Put(next);
        world.Progress!.Revisions.Clear();
        world.Finish(Hour);
        Assert.Equal(State.Paused, world.Service!.UpdateStatus.State);
        Assert.EndsWith("there is no previous spec to go back to", world.Service.UpdateStatus.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void RollbackThatFails_WithActionRollback_IsPaused_NotCompleted()
    {
        var world = World(Config(Action.Rollback), rollback: Config(Action.Rollback));
        var broken = true;
        world.Agent = t => broken && t.DesiredState == TaskState.Running && t.Observed() < TaskState.Running ? TaskState.Failed : TaskState.Running;
        world.Update(s => s.Task.Container.Image = "v2");
        world.Finish(Hour);
        Assert.Equal(State.RollbackPaused, world.Service!.UpdateStatus.State);
        broken = false;
    }

    [Fact]
    public void TaskThatIsMeantToEnd_IsNoFailure()
    {
        var world = World(Config(Action.Pause), restart: GlobalTests.Policy(RestartPolicy.Types.RestartCondition.OnFailure));
        world.Agent = t => t.Spec.Container.Image == "v2" ? TaskState.Complete : TaskState.Running;
        world.Update(s => s.Task.Container.Image = "v2");
        world.Finish(Hour);
        Assert.Equal(State.Completed, world.Service!.UpdateStatus.State);
    }

    [Fact]
    public void LastSlot_IsNotFollowedByTheDelay()
    {
        var world = World(Config(Action.Continue, delay: 600), replicas: 1);
        world.Update(s => s.Task.Container.Image = "v2");
        world.Settle();
        Assert.Equal(State.Completed, world.Service!.UpdateStatus.State);
    }

    private static int Updated(ServiceWorld world) => world.Running.Count(t => t.Spec.Container.Image == "v2");

    private static UpdateConfig Config(Action action, double delay = 0, double deadline = 0) => new()
    {
        Parallelism = 1,
        FailureAction = action,
        Delay = Duration.FromTimeSpan(TimeSpan.FromSeconds(delay)),
        ProgressDeadline = deadline > 0 ? Duration.FromTimeSpan(TimeSpan.FromSeconds(deadline)) : null,
    };

    private static ServiceWorld World(UpdateConfig update, ulong replicas = 3, UpdateConfig? rollback = null, RestartPolicy? restart = null)
    {
        var world = new ServiceWorld(replicas, nodes: 3, s =>
        {
            s.Update = update;
            s.Rollback = rollback;
            s.Task.Restart = restart;
        });
        world.Settle();
        return world;
    }
}
