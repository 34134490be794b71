using SwarmOrleans.Contracts;

namespace SwarmOrleans.Tests.Unit.Orchestration.Placing;

public sealed class SpreadTests
{
    private readonly SchedulerWorld _world = new();

    [Fact]
    public void AT_SCH_1_NodesWithFewestTasks_ComeFirst_AndChangesOfNodesCount()
    {
        _world.Node("n1");
        _world.Node("n2");
        _world.Node("n3", n => n.Status.State = NodeStatus.Types.State.Down);
        _world.Run("n1", 2, "other");
        var first = _world.Wait("a");
        _world.Plan();
        Assert.Equal("n2", _world.NodeOf(first));

        // A change of a node does not disturb what is counted on it.
        _world.Node("n1", n => n.Spec.Annotations.Labels["x"] = "y");
        var second = _world.Wait("b");
        _world.Plan();
        Assert.Equal("n2", _world.NodeOf(second));

        // A freed node becomes the favourite.
        foreach (var task in _world.Tasks.Values.Where(t => t.NodeId == "n1").ToList())
        {
            _world.Remove(task);
        }

        var third = _world.Wait("c");
        _world.Plan();
        Assert.Equal("n1", _world.NodeOf(third));
    }

    [Fact]
    public void AT_SCH_1_TaskThatLosesItsNode_IsScheduledAgain()
    {
        _world.Node("n1");
        _world.Node("n2");
        var task = _world.Run("n1").Single();
        _world.Change(task, t => (t.NodeId, t.Status.State) = ("", TaskState.Pending));
        Assert.True(_world.Scheduler.HasWork);
        _world.Plan();
        Assert.NotEqual("", _world.NodeOf(task));
        Assert.Equal(1, _world.Counts().Sum());
    }

    [Fact]
    public void AT_SCH_1_NodesComeAndGo_OnlyReadyOnesAreUsed()
    {
        _world.Node("n1");
        _world.RemoveNode("n1");
        _world.Node("n2", n => n.Status.State = NodeStatus.Types.State.Down);
        _world.Node("n4");
        _world.Node("n4", n => n.Status.State = NodeStatus.Types.State.Down);
        var task = _world.Wait();
        _world.Plan();
        Assert.Equal("no suitable node (2 nodes not available for new tasks)", _world.ErrorOf(task));
        _world.Node("n3");
        _world.Plan();
        Assert.Equal("n3", _world.NodeOf(task));
        _world.Node("n2");
        var other = _world.Wait();
        _world.Plan();
        Assert.Equal("n2", _world.NodeOf(other));
    }

    [Theory]
    [InlineData(1UL)]
    [InlineData(0UL)]
    public void AT_SCH_2_TasksOfAService_AreEven_AndTheTotalBreaksTies(ulong version)
    {
        void Version(SwarmTask task) => task.SpecVersion = version == 0 ? null : new ObjectVersion { Index = version };
        for (var i = 1; i <= 5; i++)
        {
            _world.Node($"n{i}");
        }

        _world.Wait(18, "one", Version);
        _world.Plan();
        Assert.Equal([3, 3, 4, 4, 4], _world.Counts("one").Order());
        var withThree = _world.Counts("one").Select((count, node) => (count, node)).Where(n => n.count == 3).Select(n => n.node);
        _world.Wait(2, "two", Version);
        _world.Plan();
        Assert.Equal(withThree, _world.Counts("two").Select((count, node) => (count, node)).Where(n => n.count == 1).Select(n => n.node));

        // Two fill the nodes with three; the third makes one node the fullest.
        _world.Wait(3, "one", Version);
        _world.Plan();
        Assert.Equal([4, 4, 4, 4, 5], _world.Counts("one").Order());
        var fullest = Array.IndexOf(_world.Counts("one"), 5);
        Assert.Equal(0, _world.Counts("two")[fullest]);
        var next = _world.Wait("two", Version);
        _world.Plan();
        Assert.NotEqual(fullest, _world.Nodes.Keys.ToList().IndexOf(_world.NodeOf(next)));

        // A node that loses all gets what the even share is, and one of the other service.
        var emptied = _world.NodeOf(next);
        foreach (var task in _world.Tasks.Values.Where(t => t.NodeId == emptied).ToList())
        {
            _world.Remove(task);
        }

        _world.Wait(1, "two", Version);
        _world.Wait(4, "one", Version);
        _world.Plan();
        var index = _world.Nodes.Keys.ToList().IndexOf(emptied);
        Assert.Equal((4, 1), (_world.Counts("one")[index], _world.Counts("two")[index]));
    }

    [Fact]
    public void ServiceOnEveryNode_TheLeastLoadedStillComesFirst()
    {
        for (var i = 0; i < 60; i++)
        {
            _world.Node($"n{i:d2}");
            _world.Run($"n{i:d2}", 1, "wide");
            _world.Run($"n{i:d2}", i == 47 ? 0 : 2, "other");
        }

        var task = _world.Wait("wide");
        _world.Plan();
        Assert.Equal("n47", _world.NodeOf(task));
        _world.Run("n47", 5, "other");
        _world.Remove(_world.Tasks.Values.First(t => t.NodeId == "n11" && t.ServiceId == "wide"));
        task = _world.Wait("wide");
        _world.Plan();
        Assert.Equal("n11", _world.NodeOf(task));
    }

    [Fact]
    public void Plan_WithALimit_GoesOnWhereItStopped()
    {
        _world.Node("n1");
        _world.Wait(10);
        Assert.Equal(4, _world.Scheduler.Plan(_world.Now, 4).Count);
        Assert.True(_world.Scheduler.HasWork);
        Assert.Equal(6, _world.Scheduler.Plan(_world.Now, 20).Count);
        Assert.False(_world.Scheduler.HasWork);
        Assert.Equal(0, _world.Scheduler.Waiting);
    }
}
