using CsCheck;
using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;
using SwarmOrleans.Orchestration;
using Action = SwarmOrleans.Contracts.UpdateConfig.Types.FailureAction;
using Order = SwarmOrleans.Contracts.UpdateConfig.Types.UpdateOrder;
using State = SwarmOrleans.Contracts.UpdateStatus.Types.UpdateState;

namespace SwarmOrleans.Tests.Unit.Orchestration;

public sealed class UpdateTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Fact]
    public void AT_UPD_1_EverySlotGetsTheNewImage_AndTheUpdateCompletes()
    {
        var world = World(new UpdateConfig());
        world.Update(s => s.Task.Container.Image = "v2");
        world.Finish(Hour);
        Assert.Equal(["v2", "v2", "v2"], world.Running.Select(t => t.Spec.Container.Image));
        Assert.Equal((State.Completed, "update completed"), (world.Service!.UpdateStatus.State, world.Service.UpdateStatus.Message));
        Assert.NotNull(world.Service.UpdateStatus.CompletedAt);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void AT_UPD_1_AtAnyParallelism_WithDelay_AllSlotsAreUpdated(ulong parallelism)
    {
        var world = World(new UpdateConfig { Parallelism = parallelism, Delay = Duration.FromTimeSpan(TimeSpan.FromSeconds(10)) });
        world.Update(s => s.Task.Container.Image = "v2");
        world.Finish(Hour);
        Assert.Equal(3, Updated(world));
        Assert.Equal([1ul, 2, 3], world.Running.Select(t => t.Slot));
    }

    [Fact]
    public void AT_UPD_1_StartFirst_KeepsTheNumberOfSlots()
    {
        var world = World(new UpdateConfig { Parallelism = 1, Order = Order.StartFirst });
        world.Update(s => s.Task.Container.Image = "v2");
        world.Finish(Hour);
        Assert.Equal([1ul, 2, 3], world.Running.Select(t => t.Slot));
        Assert.Equal(3, Updated(world));
    }

    [Fact]
    public void AT_UPD_1_TheTasksLogDriver_GoesBeforeTheClusters()
    {
        var world = World(new UpdateConfig());
        world.Cluster.Spec.TaskDefaults = new TaskDefaults { LogDriver = new Driver { Name = "cluster" } };
        world.Update(s => s.Task.LogDriver = new Driver { Name = "task" });
        world.Finish(Hour);
        Assert.Equal(["task", "task", "task"], world.Running.Select(t => t.LogDriver.Name));
        world.Update(s => s.Task.LogDriver = null);
        world.Finish(Hour);
        Assert.Equal(["cluster", "cluster", "cluster"], world.Running.Select(t => t.LogDriver.Name));
    }

    [Fact]
    public void AT_UPD_1_NewCredentials_KeepRunningTasks_AndReplaceStoppedOnes()
    {
        var world = World(new UpdateConfig(), configure: s => s.Task.Restart = GlobalTests.Policy(RestartPolicy.Types.RestartCondition.None));
        var before = world.Running.Select(t => t.Id).ToList();
        void Change(string auth) => world.Update(s => s.Task.Container.PullOptions = new ContainerSpec.Types.PullOptions { RegistryAuth = auth });
        Change("one");
        world.Finish(Hour);
        Assert.Equal(before, world.Running.Select(t => t.Id));
        world.Update(s => s.Task.ForceUpdate++);
        world.Finish(Hour);
        world.Running.ToList().ForEach(t => world.SetState(t, TaskState.Failed));
        world.Finish(Hour);
        Assert.Empty(world.Running);
        Change("two");
        world.Finish(Hour);
        Assert.Equal(3, world.Running.Count);
    }

    [Fact]
    public void ScalingAlone_ShowsNoUpdateStatus()
    {
        var world = World(null);
        world.Update(s => s.Replicated.Replicas = 6);
        world.Finish(Hour);
        Assert.Null(world.Service!.UpdateStatus);
        Assert.Equal(6, world.Running.Count);
    }

    [Fact]
    public void ParallelismAndDelay_TwoAtATime_ThenAPause()
    {
        var world = World(new UpdateConfig { Parallelism = 2, Delay = Duration.FromTimeSpan(TimeSpan.FromSeconds(10)) }, replicas: 6);
        world.Update(s => s.Task.Container.Image = "v2");
        world.Settle();
        Assert.Equal(2, Updated(world));
        world.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal(2, Updated(world));
        world.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(4, Updated(world));
        world.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(6, Updated(world));
    }

    [Fact]
    public void AT_UPD_2_ConstraintThatTheNodesSatisfy_KeepsAllTasks()
    {
        var world = World(null);
        var before = world.Running.Select(t => t.Id);
        world.Update(s => s.Task.Placement = new Placement { Constraints = { "node.hostname!=elsewhere" } });
        world.Finish(Hour);
        Assert.Equal(before, world.Running.Select(t => t.Id));
    }

    [Fact]
    public void AT_UPD_3_FailureActions_PauseStopsAtTheFirst_ContinueGoesOn()
    {
        var world = World(new UpdateConfig { Parallelism = 1, FailureAction = Action.Pause });
        world.Agent = t => t.Spec.Container.Image == "bad" ? TaskState.Failed : TaskState.Running;
        world.Update(s => s.Task.Container.Image = "bad");
        world.Finish(TimeSpan.FromMinutes(1));
        Assert.Equal(State.Paused, world.Service!.UpdateStatus.State);
        Assert.StartsWith("update paused due to failure or early termination of task ", world.Service.UpdateStatus.Message, StringComparison.Ordinal);
        Assert.Equal(2, world.Running.Count(t => t.Spec.Container.Image == "v1"));

        world = World(new UpdateConfig { Parallelism = 1, FailureAction = Action.Continue });
        world.Agent = t => t.Spec.Container.Image == "bad" ? TaskState.Failed : TaskState.Running;
        world.Update(s => s.Task.Container.Image = "bad");
        world.Finish(TimeSpan.FromMinutes(2));
        Assert.DoesNotContain(world.Wanted, t => t.Spec.Container.Image == "v1");
    }

    [Fact]
    public void AT_UPD_4_TaskThatNeverStops_DelaysItsSuccessorAMinute()
    {
        var world = World(new UpdateConfig(), replicas: 1);
        world.StopsTasks = false;
        world.Update(s => s.Task.Container.Image = "v2");
        world.Settle();
        world.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal(0, Updated(world));
        world.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(1, Updated(world));
    }

    [Fact]
    public void AT_UPD_5_StartFirst_OldOnesStopWhenNewOnesRun()
    {
        var world = World(new UpdateConfig { Order = Order.StartFirst });
        world.StopsTasks = false;
        world.Update(s => s.Task.Container.Image = "v2");
        world.Invariant = w => Assert.True(w.Running.Count >= 3);
        world.Finish(Hour);
        Assert.Equal(6, world.Running.Count);
        Assert.All(world.Running, t => Assert.Equal(t.Spec.Container.Image == "v2" ? TaskState.Running : TaskState.Shutdown, t.DesiredState));
    }

    [Fact]
    public void AT_UPD_6_Rollback_ReturnsToThePreviousSpec()
    {
        var world = World(new UpdateConfig { Parallelism = 1, FailureAction = Action.Rollback, MaxFailureRatio = 0.4f }, replicas: 4);
        var made = 0;
        world.Agent = t => t.Spec.Container.Image == "v2" && t.DesiredState == TaskState.Running && made++ % 2 == 1 ? TaskState.Failed : TaskState.Running;
        world.Update(s => s.Task.Container.Image = "v2");
        world.Finish(Hour);
        Assert.Equal(State.RollbackCompleted, world.Service!.UpdateStatus.State);
        Assert.Equal("v1", world.Service.Spec.Task.Container.Image);
        Assert.Equal(["v1", "v1", "v1", "v1"], world.Running.Select(t => t.Spec.Container.Image));
    }

    [Theory]
    [InlineData(Action.Pause, true, State.RollbackPaused)]
    [InlineData(Action.Pause, false, State.RollbackPaused)]
    [InlineData(Action.Continue, true, State.RollbackCompleted)]
    [InlineData(Action.Continue, false, State.RollbackCompleted)]
    public void AT_UPD_6_RollbackThatFailsToo_DoesWhatItsOwnSettingsSay(Action action, bool hasVersions, State expected)
    {
        var update = new UpdateConfig { Parallelism = 1, FailureAction = Action.Rollback, MaxFailureRatio = 0.4f };
        var rollback = new UpdateConfig { Parallelism = 1, FailureAction = action, MaxFailureRatio = 0.4f };
        var world = World(update, replicas: 4, s => s.Rollback = rollback, hasVersions);
        var (made, updated) = (0, new HashSet<string>());
        world.Agent = t => t.DesiredState == TaskState.Running && t.Observed() < TaskState.Running && made++ % 2 == 1 ? TaskState.Failed : TaskState.Running;
        world.Invariant = w => updated.UnionWith(w.Tasks.Where(t => t.Spec.Container.Image == "v2" && t.DesiredState >= TaskState.Running).Select(t => $"{t.Slot}"));
        world.Update(s => s.Task.Container.Image = "v2");
        world.Finish(TimeSpan.FromSeconds(60));
        Assert.Equal("v1", world.Service!.Spec.Task.Container.Image);
        Assert.Equal(expected, world.Service.UpdateStatus.State);
        Assert.InRange(updated.Count, 2, 4);
    }

    [Fact]
    public void ManualRollback_ReturnsEveryTask_AndCompletes()
    {
        var world = World(new UpdateConfig { Parallelism = 1 });
        world.Update(s => s.Task.Container.Image = "v2");
        world.Finish(Hour);
        world.RollBack();
        world.Finish(Hour);
        Assert.Equal(State.RollbackCompleted, world.Service!.UpdateStatus.State);
        Assert.Equal(["v1", "v1", "v1"], world.Running.Select(t => t.Spec.Container.Image));
        Assert.Equal("v2", world.Service.PreviousSpec.Task.Container.Image);
    }

    [Fact]
    public void TaskThatEndsWithinTheMonitoringTime_IsAFailure_LaterItIsNot()
    {
        foreach (var (after, expected) in new[] { (3.0, State.Paused), (8.0, State.Completed) })
        {
            var world = World(new UpdateConfig { Monitor = Duration.FromTimeSpan(TimeSpan.FromSeconds(5)) }, replicas: 1);
            world.Update(s => s.Task.Container.Image = "v2");
            world.Settle();
            world.Advance(TimeSpan.FromSeconds(after));
            world.SetState(world.Running.Single(t => t.Spec.Container.Image == "v2"), TaskState.Failed);
            world.Finish(Hour);
            Assert.Equal(expected, world.Service!.UpdateStatus.State);
        }
    }

    [Fact]
    public void SpecChangedMeanwhile_TheRolloutBeginsAnewWithTheLast()
    {
        var world = World(new UpdateConfig { Parallelism = 1, Delay = Duration.FromTimeSpan(TimeSpan.FromSeconds(10)) });
        world.Update(s => s.Task.Container.Image = "v2");
        world.Settle();
        world.Update(s => s.Task.Container.Image = "v3");
        world.Finish(Hour);
        Assert.Equal(["v3", "v3", "v3"], world.Running.Select(t => t.Spec.Container.Image));
    }

    [Fact]
    public void StopFirst_NeverMoreThanParallelismDown() =>
        Gen.Select(Gen.Int[1, 8], Gen.Int[1, 4], Gen.Int[0, 20]).Sample((replicas, parallelism, delay) =>
        {
            var world = World(
                new UpdateConfig { Parallelism = (ulong)parallelism, Delay = Duration.FromTimeSpan(TimeSpan.FromSeconds(delay)) }, (ulong)replicas);
            world.Invariant = w => Assert.True(
                w.Running.Count(t => t.IsWanted()) >= replicas - parallelism, $"{w.Running.Count} of {replicas} run at parallelism {parallelism}");
            world.Update(s => s.Task.Container.Image = "v2");
            world.Finish(Hour);
            Assert.Equal(replicas, Updated(world));
            Assert.Equal(State.Completed, world.Service!.UpdateStatus.State);
        });

    private static int Updated(ServiceWorld world) => world.Running.Count(t => t.Spec.Container.Image == "v2");

    private static ServiceWorld World(UpdateConfig? config, ulong replicas = 3, System.Action<ServiceSpec>? configure = null, bool hasVersions = true)
    {
        var world = new ServiceWorld(replicas, nodes: 3, s =>
        {
            s.Update = config;
            configure?.Invoke(s);
        })
        { HasVersions = hasVersions };
        if (!hasVersions)
        {
            world.Service!.SpecVersion = null;
        }

        world.Settle();
        return world;
    }
}
