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
    public void AT_REA_3_RemovedService_StopsItsTasksBeforeTheirObjectsGo()
    {
        var world = new ServiceWorld(replicas: 3);
        world.Settle();
        world.StopsTasks = false;
        world.RemoveService();
        world.Settle();
        Assert.All(world.Tasks, t => Assert.Equal(TaskState.Remove, t.DesiredState));
        Assert.Equal(3, world.Tasks.Count);
        world.StopsTasks = true;
        world.Settle();
        Assert.Empty(world.Tasks);
        Assert.Null(world.Progress);
    }

    [Fact]
    public void AT_REA_2_History_IsTrimmedPerSlot()
    {
        var world = new ServiceWorld(replicas: 2, configure: s => s.Task.Restart = Any(TimeSpan.FromSeconds(1)));
        world.Cluster.Spec.Orchestration.TaskHistoryRetentionLimit = 2;
        world.Settle();
        for (var i = 0; i < 4; i++)
        {
            world.Running.ToList().ForEach(t => world.SetState(t, TaskState.Failed));
            world.Advance(TimeSpan.FromSeconds(2));
        }

        Assert.Equal(4, world.Tasks.Count);
        Assert.Equal(2, world.Running.Count);
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
