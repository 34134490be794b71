using SwarmOrleans.Contracts;

namespace SwarmOrleans.Tests.Unit.Orchestration.Placing;

public sealed class StrategyTests
{
    private readonly SchedulerWorld _world = new();

    public StrategyTests()
    {
        for (var i = 1; i <= 3; i++)
        {
            _world.Node($"n{i}");
        }
    }

    [Fact]
    public void Binpack_FillsANodeBeforeTheNext()
    {
        _world.Run("n2", 1, "other", SchedulerWorld.Reserving(1));
        _world.Wait(5, change: Packed(1));
        _world.Plan();
        Assert.Equal([2, 4, 0], _world.Counts());
    }

    [Fact]
    public void Binpack_OneTaskAtATime_GivesTheSame()
    {
        _world.Run("n2", 1, "other", SchedulerWorld.Reserving(1));
        for (var i = 0; i < 5; i++)
        {
            _world.Wait(change: Packed(1));
            _world.Plan();
        }

        Assert.Equal([2, 4, 0], _world.Counts());
    }

    [Fact]
    public void Binpack_OfTasksThatReserveNothing_Spreads()
    {
        _world.Wait(6, change: Packed(0));
        _world.Plan();
        Assert.Equal([2, 2, 2], _world.Counts());
    }

    [Fact]
    public void ClusterStrategy_IsThatOfServicesThatNameNone()
    {
        _world.Scheduler.SetCluster(new Cluster { Spec = new ClusterSpec { PlacementStrategy = Placement.Types.Strategy.Binpack } });
        _world.Wait(3, "default", SchedulerWorld.Reserving(1));
        _world.Plan();
        Assert.Equal([3], _world.Counts("default").Where(c => c > 0));
        _world.Wait(3, "spread", task =>
        {
            SchedulerWorld.Reserving(0.1)(task);
            task.Spec.Placement.Strategy = Placement.Types.Strategy.Spread;
        });
        _world.Plan();
        Assert.Equal([1, 1, 1], _world.Counts("spread"));
        _world.Scheduler.SetCluster(new Cluster { Spec = new ClusterSpec() });
        _world.Wait(3, "later", SchedulerWorld.Reserving(0.1));
        _world.Plan();
        Assert.Equal([1, 1, 1], _world.Counts("later"));
    }

    [Fact]
    public void Binpack_KeepsToThePreferences()
    {
        _world.Node("n3", SchedulerWorld.Labels(("az", "b")));
        _world.Wait(4, change: task =>
        {
            Packed(1)(task);
            SchedulerWorld.Spread("node.labels.az")(task);
        });
        _world.Plan();
        Assert.Equal(2, _world.Counts()[2]);
        Assert.Equal([0, 2], _world.Counts()[..2].Order());
    }

    [Fact]
    public void Binpack_AvoidsANodeWhereTheServiceKeepsFailing()
    {
        _world.Run("n1", 1, "other", SchedulerWorld.Reserving(1));
        for (var i = 0; i < 5; i++)
        {
            var task = _world.Wait(change: Packed(1));
            _world.Plan();
            Assert.Equal("n1", _world.NodeOf(task));
            _world.End(task, TaskState.Failed);
        }

        var next = _world.Wait(change: Packed(1));
        _world.Plan();
        Assert.NotEqual("n1", _world.NodeOf(next));
        _world.Wait(8, change: Packed(1));
        _world.Plan();
        Assert.Equal([2, 4, 4], _world.Counts());
    }

    private static Action<SwarmTask> Packed(double cpus) => task =>
    {
        SchedulerWorld.Reserving(cpus)(task);
        task.Spec.Placement.Strategy = Placement.Types.Strategy.Binpack;
    };
}
