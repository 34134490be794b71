using SwarmOrleans.Contracts;
using SwarmOrleans.Orchestration;

namespace SwarmOrleans.Tests.Unit.Orchestration;

public sealed class ReplicatedTests
{
    [Fact]
    public void AT_REP_1_Scale_CreatesInTheLowestSlots_AndGivesUpByRemove()
    {
        var world = new ServiceWorld(replicas: 1);
        world.Step();
        Assert.Equal((TaskState.New, TaskState.Running, 1ul), Assert.Single(world.Tasks.Select(t => (t.Observed(), t.DesiredState, t.Slot))));
        world.Settle();
        world.Update(s => s.Replicated.Replicas = 3);
        world.Settle();
        Assert.Equal([1ul, 2, 3], world.Running.Select(t => t.Slot));
        world.StopsTasks = false;
        world.Update(s => s.Replicated.Replicas = 1);
        world.Settle();
        Assert.Equal(2, world.Tasks.Count(t => t.DesiredState == TaskState.Remove));
        Assert.Single(world.Wanted);
        world.StopsTasks = true;
        world.Settle();
        Assert.Single(world.Tasks);
        world.Delete(world.Tasks[0]);
        world.Settle();
        Assert.Single(world.Running);
    }

    [Fact]
    public void AT_REP_2_ScaleDown_TakesUnboundThenCrowdedThenIdle()
    {
        var world = new ServiceWorld(replicas: 7, nodes: 3);
        world.Step();
        string[] nodes = ["n1", "n1", "n1", "n2", "n2", "n3", ""];
        foreach (var (task, node) in world.Tasks.ToList().Zip(nodes))
        {
            task.NodeId = node;
            world.SetState(task, node.Length == 0 ? TaskState.New : node == "n2" && task.Slot == 4 ? TaskState.Starting : TaskState.Running);
        }

        List<ulong> Scale(ulong replicas)
        {
            world.Update(s => s.Replicated.Replicas = replicas);
            world.Step();
            return [.. world.Wanted.Select(t => t.Slot)];
        }

        Assert.Equal([1ul, 2, 3, 4, 5, 6], Scale(6));
        Assert.Equal([1ul, 2, 5, 6], Scale(4));
        Assert.Equal([1ul, 5], Scale(2));
    }

    [Fact]
    public void AT_REP_3_RejectedTask_IsShutDownAndReplacedReady()
    {
        var world = new ServiceWorld();
        world.Step();
        world.SetState(world.Tasks[0], TaskState.Rejected);
        world.Step();
        Assert.Equal([TaskState.Shutdown, TaskState.Ready], world.Tasks.OrderBy(t => t.DesiredState == TaskState.Ready).Select(t => t.DesiredState));
    }

    [Fact]
    public void AT_REP_4_FailedTaskFoundAtStart_IsReplaced_TheHealthyOneIsNotTouched()
    {
        var world = new ServiceWorld(replicas: 2);
        var healthy = world.Add(TaskState.Running, TaskState.Running, "n1", 1);
        world.Add(TaskState.Running, TaskState.Failed, "n2", 2);
        world.Finish(TimeSpan.FromMinutes(1));
        Assert.Same(healthy, world.Fresh(healthy));
        Assert.Equal(2, world.Running.Count);
        Assert.Equal(1, world.Tasks.Count(t => t.HasEnded()));
    }

    [Fact]
    public void AT_REP_6_ReadyTaskFoundAtStart_StartsAfterItsDelay_CountedFromItsState()
    {
        var world = new ServiceWorld(replicas: 1, configure: s => s.Task.Restart = Any(TimeSpan.FromSeconds(10)));
        var ready = world.Add(TaskState.Ready, TaskState.Ready, "n1", 1);
        world.Advance(TimeSpan.FromSeconds(4));
        world.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(TaskState.Ready, world.Fresh(ready).DesiredState);
        world.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(TaskState.Running, world.Fresh(ready).DesiredState);
    }

    [Fact]
    public void AT_REP_5_NodeDown_IsReplacedElsewhereAtOnce()
    {
        var world = new ServiceWorld(replicas: 2);
        world.Settle();
        world.Nodes["n1"].Status.State = NodeStatus.Types.State.Down;
        world.Settle();
        Assert.Equal(2, world.Running.Count(t => t.NodeId == "n2" && t.IsWanted()));
    }

    [Fact]
    public void AT_REP_7_Drain_MovesTasks_PauseAndUnknownDoNot()
    {
        var world = new ServiceWorld(replicas: 4, nodes: 4);
        world.Settle();
        var before = world.Running.ToDictionary(t => t.NodeId, t => t.Id);
        world.Nodes["n1"].Spec.Availability = NodeSpec.Types.Availability.Drain;
        world.Nodes["n2"].Spec.Availability = NodeSpec.Types.Availability.Pause;
        world.Nodes["n3"].Status.State = NodeStatus.Types.State.Unknown;
        world.Settle();
        Assert.DoesNotContain(world.Wanted, t => t.NodeId == "n1");
        Assert.Equal(4, world.Running.Count);
        Assert.Contains(world.Wanted, t => t.Id == before["n2"]);
        Assert.Contains(world.Wanted, t => t.Id == before["n3"]);
    }

    [Fact]
    public void AT_REP_7_TaskThatAppearsOnADownNode_OrWhoseNodeIsDeleted_IsReplaced()
    {
        var world = new ServiceWorld(replicas: 1, nodes: 3);
        world.SetNodeState("n1", NodeStatus.Types.State.Down);
        var late = world.Add(TaskState.Running, TaskState.Assigned, "n1", 1);
        world.Settle();
        Assert.Equal(TaskState.Shutdown, world.Fresh(late).DesiredState);
        var running = Assert.Single(world.Running);
        world.Nodes.Remove(running.NodeId);
        world.Settle();
        Assert.Equal(TaskState.Shutdown, world.Fresh(running).DesiredState);
        Assert.Single(world.Running);
    }

    [Fact]
    public void REP_8_SlotWhoseOldTaskStillStops_IsFilledAfterIt()
    {
        var world = new ServiceWorld(replicas: 2) { StopsTasks = false };
        world.Settle();
        world.Update(s => s.Replicated.Replicas = 1);
        world.Settle();
        world.Update(s => s.Replicated.Replicas = 2);
        world.Settle();
        Assert.Equal(2, world.Running.Count);
        world.StopsTasks = true;
        world.Settle();
        Assert.Equal(2, world.Running.Count(t => t.IsWanted()));
    }

    [Fact]
    public void RemovedNode_OrphansItsTasks()
    {
        var world = new ServiceWorld(replicas: 2);
        world.Settle();
        world.Nodes.Remove("n1");
        world.Settle();
        Assert.Contains(world.Tasks, t => t.Observed() == TaskState.Orphaned);
        Assert.Equal(2, world.Running.Count(t => t.NodeId == "n2"));
    }

    [Fact]
    public void DecisionAppliedTwice_IsEmptyTheSecondTime()
    {
        var world = new ServiceWorld(replicas: 5);
        Assert.False(world.Step().IsEmpty);
        Assert.True(world.Step().IsEmpty);
    }

    internal static RestartPolicy Any(TimeSpan delay) => new()
    {
        Condition = RestartPolicy.Types.RestartCondition.Any,
        Delay = Google.Protobuf.WellKnownTypes.Duration.FromTimeSpan(delay),
    };
}
