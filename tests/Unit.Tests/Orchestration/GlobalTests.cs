using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;
using SwarmOrleans.Orchestration;
using Availability = SwarmOrleans.Contracts.NodeSpec.Types.Availability;
using Condition = SwarmOrleans.Contracts.RestartPolicy.Types.RestartCondition;
using NodeState = SwarmOrleans.Contracts.NodeStatus.Types.State;

namespace SwarmOrleans.Tests.Unit.Orchestration;

public sealed class GlobalTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public void AT_GLO_1_EveryNodeGetsOneTask_BoundToItAndNew()
    {
        var world = World();
        world.Step();
        Assert.Equal(["n1", "n2", "n3"], world.Tasks.Select(t => t.NodeId).Order());
        Assert.All(world.Tasks, t => Assert.Equal((TaskState.New, TaskState.Running, 0ul), (t.Observed(), t.DesiredState, t.Slot)));
    }

    [Fact]
    public void AT_GLO_2_NewNode_GetsATask()
    {
        var world = Settled();
        world.AddNode("n4");
        world.Settle();
        Assert.Equal(["n1", "n2", "n3", "n4"], Nodes(world));
    }

    [Fact]
    public void AT_GLO_3_RemovedNode_ItsTasksAreDeleted()
    {
        var world = Settled();
        world.Nodes.Remove("n2");
        world.Settle();
        Assert.DoesNotContain(world.Tasks, t => t.NodeId == "n2");
    }

    [Fact]
    public void AT_GLO_4_DrainStops_ActiveStartsAgain_PauseReplacesNothing()
    {
        var world = Settled();
        world.Drain("n1");
        world.Settle();
        Assert.Equal(TaskState.Shutdown, Assert.Single(On(world, "n1")).DesiredState);
        world.Update(s => s.Task.ForceUpdate++);
        world.Finish(Minute);
        Assert.Single(On(world, "n1"));
        Assert.Equal(UpdateStatus.Types.UpdateState.Completed, world.Service!.UpdateStatus.State);
        world.SetAvailability("n1", Availability.Active);
        world.Settle();
        Assert.Equal(["n1", "n2", "n3"], Nodes(world));

        world.SetAvailability("n1", Availability.Pause);
        world.Update(s => s.Task.ForceUpdate++);
        world.Finish(Minute);
        Assert.Equal(1ul, On(world, "n1").Single(t => t.IsWanted()).Spec.ForceUpdate);
        world.SetState(On(world, "n1").Single(t => t.IsWanted()), TaskState.Failed);
        world.Finish(Minute);
        Assert.DoesNotContain(On(world, "n1"), t => t.IsWanted());
    }

    [Fact]
    public void AT_GLO_5_DownNode_ItsTaskIsGivenUp_UntilItIsReadyAgain()
    {
        var world = Settled();
        world.SetNodeState("n1", NodeState.Down);
        world.Settle();
        world.Update(s => s.Task.ForceUpdate++);
        world.Finish(Minute);
        Assert.Equal(TaskState.Shutdown, Assert.Single(On(world, "n1")).DesiredState);
        world.SetNodeState("n1", NodeState.Ready);
        world.Finish(Minute);
        Assert.Equal(["n1", "n2", "n3"], Nodes(world));
    }

    [Fact]
    public void AT_GLO_6_RemovedService_ItsTasksAreStopped_NotDeleted()
    {
        var world = Settled();
        world.StopsTasks = false;
        world.RequestRemoval();
        world.Settle();
        Assert.Equal(3, world.Tasks.Count(t => t.DesiredState == TaskState.Remove));
    }

    [Fact]
    public void AT_GLO_7_DeletedTask_IsMadeAgain()
    {
        var world = Settled();
        world.Delete(On(world, "n2")[0]);
        world.Settle();
        Assert.Equal(["n1", "n2", "n3"], Nodes(world));
    }

    [Fact]
    public void AT_GLO_8_FailedTask_IsReplacedOnItsNode_UnlessThePolicySaysNo()
    {
        var world = Settled(s => s.Task.Restart = Policy(Condition.Any));
        world.SetState(On(world, "n1")[0], TaskState.Failed);
        world.Step();
        Assert.Equal([TaskState.Shutdown, TaskState.Ready], On(world, "n1").Select(t => t.DesiredState).OrderByDescending(d => d));
        world.Finish(Minute);
        Assert.Equal(["n1", "n2", "n3"], Nodes(world));

        world = Settled(s => s.Task.Restart = Policy(Condition.None));
        world.SetState(On(world, "n1")[0], TaskState.Failed);
        world.Finish(Minute);
        Assert.Equal(["n2", "n3"], Nodes(world));
        world.Update(s => s.Annotations.Labels["a"] = "b");
        world.Finish(Minute);
        Assert.Equal(["n2", "n3"], Nodes(world));
        world.Update(s => s.Task.Container.Image = "v2");
        world.Finish(Minute);
        Assert.Equal(["n1", "n2", "n3"], Nodes(world));
    }

    [Theory]
    [InlineData(TaskState.Rejected)]
    [InlineData(TaskState.Failed)]
    public void AT_GLO_9_EndedTaskFoundAtStart_IsReplacedAfterItsDelay(TaskState end)
    {
        var world = World(s => s.Task.Restart = Policy(Condition.Any, delay: 5));
        world.Add(TaskState.Running, end, "n1");
        world.Settle();
        var replacement = On(world, "n1").Single(t => t.IsWanted());
        Assert.Equal(TaskState.Ready, replacement.DesiredState);
        world.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(TaskState.Running, world.Fresh(replacement).Observed());
    }

    [Fact]
    public void AT_GLO_10_TwoTasksOnOneNode_ExactlyOneIsStopped()
    {
        var world = World(nodes: 1);
        world.Add(TaskState.Running, TaskState.Running, "n1");
        world.Add(TaskState.Running, TaskState.Running, "n1");
        world.Settle();
        Assert.Equal([TaskState.Running, TaskState.Shutdown], world.Tasks.Select(t => t.DesiredState).Order());
    }

    [Fact]
    public void AT_GLO_11_TasksThatAreUpToDate_CauseNoWrites()
    {
        var world = Settled();
        var before = world.Tasks.ToDictionary(t => t.Id);
        world.FailOver();
        Assert.True(world.Step().IsEmpty);
        world.SetState(On(world, "n1")[0], TaskState.Failed);
        world.Step();
        Assert.All(world.Tasks.Where(t => t.NodeId != "n1"), t => Assert.Same(before[t.Id], t));
    }

    [Fact]
    public void AT_GLO_12_TaskWithoutService_IsStoppedBeforeItIsDeleted()
    {
        var world = Settled();
        world.StopsTasks = false;
        world.RemoveService();
        world.Settle();
        Assert.Equal(3, world.Tasks.Count);
        world.StopsTasks = true;
        world.Settle();
        Assert.Empty(world.Tasks);
    }

    [Fact]
    public void AT_GLO_13_TaskFoundOnADrainedNode_IsStopped_OnAGoneOneDeleted_NeitherIsReplaced()
    {
        var world = World();
        world.Drain("n1");
        var drained = world.Add(TaskState.Running, TaskState.Running, "n1");
        var gone = world.Add(TaskState.Running, TaskState.Running, "n9");
        world.Settle();
        Assert.Equal(TaskState.Shutdown, world.Fresh(drained).DesiredState);
        Assert.False(world.Has(gone));
        Assert.Equal(["n2", "n3"], Nodes(world));
    }

    [Fact]
    public void AT_GLO_14_RestartAttempts_SurviveAFailover_AndCountOnlyThisSpecInThisWindow()
    {
        var world = Settled(s => s.Task.Restart = Policy(Condition.Any, maxAttempts: 3, window: TimeSpan.FromMinutes(10)));
        void Fail()
        {
            world.SetState(On(world, "n1").Single(t => t.IsWanted()), TaskState.Failed);
            world.Finish(TimeSpan.FromSeconds(10));
            world.Advance(TimeSpan.FromSeconds(10));
        }

        Fail();
        world.Update(s => s.Task.Container.Image = "v2");
        world.Finish(TimeSpan.FromMinutes(1));
        Fail();
        world.Advance(TimeSpan.FromMinutes(20));
        Fail();
        Fail();
        world.FailOver();
        Fail();
        Assert.Contains("n1", Nodes(world));
        Fail();
        Assert.DoesNotContain("n1", Nodes(world));
    }

    [Fact]
    public void GLO_3_NodesThatDoNotFit_GetNone_AndLoseTheirs()
    {
        var world = Settled();
        world.Nodes["n2"].Spec.Annotations = new Annotations { Labels = { ["disk"] = "ssd" } };
        world.Update(s => s.Task.Placement = new Placement { Constraints = { "node.labels.disk==ssd" } });
        world.Finish(Minute);
        Assert.Equal(["n2"], Nodes(world));
        world.Nodes["n3"].Spec.Annotations = new Annotations { Labels = { ["disk"] = "ssd" } };
        world.Finish(Minute);
        Assert.Equal(["n2", "n3"], Nodes(world));
    }

    [Fact]
    public void GLO_8_NodesOfAnotherPlatform_GetNone()
    {
        var world = World(s => s.Task.Placement = new Placement { Platforms = { new Platform { Architecture = "x86_64", Os = "linux" } } });
        world.Nodes["n1"].Description.Platform = new Platform { Architecture = "amd64", Os = "linux" };
        world.Nodes["n2"].Description.Platform = new Platform { Architecture = "arm64", Os = "linux" };
        world.Settle();
        Assert.Equal(["n1"], Nodes(world));
    }

    [Fact]
    public void GLO_4_NodesThatReturnTogether_AreUpdatedInTurn()
    {
        var world = Settled(s => s.Update = new UpdateConfig { Parallelism = 1, Delay = Duration.FromTimeSpan(TimeSpan.FromSeconds(10)) });
        world.SetNodeState("n1", NodeState.Unknown);
        world.SetNodeState("n2", NodeState.Unknown);
        world.Update(s => s.Task.Container.Image = "v2");
        world.Finish(Minute);
        Assert.Equal(["n3"], world.Running.Where(t => t.Spec.Container.Image == "v2").Select(t => t.NodeId));
        world.SetNodeState("n1", NodeState.Ready);
        world.SetNodeState("n2", NodeState.Ready);
        world.Settle();
        Assert.Equal(2, world.Running.Count(t => t.Spec.Container.Image == "v2"));
        world.Finish(Minute);
        Assert.Equal(3, world.Running.Count(t => t.Spec.Container.Image == "v2"));
    }

    [Fact]
    public void NodeThatReturns_DoesNotRunTwoTasks()
    {
        var world = Settled();
        world.StopsTasks = false;
        world.SetNodeState("n1", NodeState.Down);
        world.Settle();
        world.SetNodeState("n1", NodeState.Ready);
        world.Settle();
        Assert.Single(On(world, "n1"), t => t.Observed() == TaskState.Running);
        world.StopsTasks = true;
        world.Settle();
        Assert.Equal(["n1", "n2", "n3"], Nodes(world));
    }

    internal static RestartPolicy Policy(Condition condition, double delay = 1, ulong maxAttempts = 0, TimeSpan? window = null) => new()
    {
        Condition = condition,
        Delay = Duration.FromTimeSpan(TimeSpan.FromSeconds(delay)),
        MaxAttempts = maxAttempts,
        Window = window is { } span ? Duration.FromTimeSpan(span) : null,
    };

    private static List<SwarmTask> On(ServiceWorld world, string node) => [.. world.Tasks.Where(t => t.NodeId == node)];

    private static IEnumerable<string> Nodes(ServiceWorld world) => world.Running.Where(t => t.IsWanted()).Select(t => t.NodeId).Order();

    private static ServiceWorld World(Action<ServiceSpec>? configure = null, int nodes = 3) => ServiceWorld.Of(
        s =>
        {
            s.Global = new GlobalService();
            configure?.Invoke(s);
        },
        nodes);

    private static ServiceWorld Settled(Action<ServiceSpec>? configure = null)
    {
        var world = World(configure);
        world.Settle();
        return world;
    }
}
