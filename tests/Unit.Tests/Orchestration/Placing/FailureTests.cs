using SwarmOrleans.Contracts;

namespace SwarmOrleans.Tests.Unit.Orchestration.Placing;

public sealed class FailureTests
{
    private readonly SchedulerWorld _world = new();

    [Fact]
    public void AT_SCH_8_NodeWithFiveFailures_IsAvoided()
    {
        _world.Node("n1");
        _world.Node("n2");
        _world.Run("n2", 3, "other");
        for (var i = 0; i < 5; i++)
        {
            var task = _world.Wait();
            _world.Plan();
            Assert.Equal("n1", _world.NodeOf(task));
            _world.End(task, i % 2 == 0 ? TaskState.Failed : TaskState.Rejected);
            _world.Remove(task);
        }

        var next = _world.Wait();
        _world.Plan();
        Assert.Equal("n2", _world.NodeOf(next));

        // Other services are not concerned, and after five minutes it is forgotten.
        var other = _world.Wait("other");
        _world.Plan();
        Assert.Equal("n1", _world.NodeOf(other));
        _world.Now += TimeSpan.FromMinutes(6);
        var later = _world.Wait();
        _world.Plan();
        Assert.Equal("n1", _world.NodeOf(later));
    }

    [Fact]
    public void AT_SCH_8_FailuresOfPreassignedTasks_DoNotCount()
    {
        _world.Node("n1");
        _world.Node("n2");
        _world.Run("n2", 3, "other");
        for (var i = 0; i < 6; i++)
        {
            var task = _world.Wait(change: t => t.NodeId = "n1");
            _world.Plan();
            Assert.Equal(("n1", TaskState.Assigned), (_world.NodeOf(task), _world.Find(task).Status.State));
            _world.End(task, TaskState.Failed);
        }

        var next = _world.Wait();
        _world.Plan();
        Assert.Equal("n1", _world.NodeOf(next));
    }

    [Fact]
    public void AT_SCH_8_FailuresCount_PerSpecVersion()
    {
        _world.Node("n1");
        _world.Node("n2");
        _world.Run("n2", 9, "other");
        for (var version = 1UL; version <= 3; version++)
        {
            for (var i = 0; i <= 5; i++)
            {
                var task = _world.Wait(change: t => t.SpecVersion = new ObjectVersion { Index = version });
                _world.Plan();
                Assert.Equal(i < 5 ? "n1" : "n2", _world.NodeOf(task));
                _world.End(task, TaskState.Failed);
            }
        }
    }

    [Fact]
    public void AllNodesPenalized_TheOneWithFewestFailuresIsUsed()
    {
        _world.Node("n1");
        _world.Node("n2");
        foreach (var (node, failures) in new[] { ("n1", 7), ("n2", 6) })
        {
            foreach (var task in _world.Run(node, failures))
            {
                _world.End(task, TaskState.Failed);
            }
        }

        var next = _world.Wait();
        _world.Plan();
        Assert.Equal("n2", _world.NodeOf(next));
    }
}
