using SwarmOrleans.Contracts;
using SwarmOrleans.Orchestration;

namespace SwarmOrleans.Tests.Unit.Orchestration.Placing;

public sealed class PreferenceTests
{
    private readonly SchedulerWorld _world = new();

    [Fact]
    public void AT_SCH_3_EachBranch_GetsItsShare()
    {
        _world.Node("n1", SchedulerWorld.Labels(("az", "az1")));
        for (var i = 2; i <= 5; i++)
        {
            _world.Node($"n{i}", SchedulerWorld.Labels(("az", "az2")));
        }

        _world.Wait(8, change: SchedulerWorld.Spread("node.labels.az"));
        _world.Plan();
        Assert.Equal([4, 1, 1, 1, 1], _world.Counts());
    }

    [Fact]
    public void AT_SCH_4_NestedBranches_WithinWhatTheNodesHold()
    {
        static Action<Node> At(string az, string rack, long memory) => node =>
        {
            SchedulerWorld.Labels(("az", az), ("rack", rack))(node);
            node.Description.Resources.MemoryBytes = memory;
        };
        _world.Node("n0", At("az1", "rack1", 5));
        _world.Node("n1", At("az1", "rack1", 55));
        _world.Node("n2", At("az2", "rack1", 1_000));
        _world.Node("n3", At("az2", "rack1", 1_000));
        _world.Node("n4", At("az2", "rack1", 1_000));
        _world.Node("n5", At("az2", "rack2", 1_000));
        _world.Node("n6", At("az2", "rack2", 1_000));
        _world.Wait(12, change: task =>
        {
            SchedulerWorld.Spread("node.labels.az", "node.labels.rack")(task);
            SchedulerWorld.Reserving(memory: 10)(task);
        });
        _world.Plan();
        var counts = _world.Counts();
        Assert.Equal((0, 5), (counts[0], counts[1]));
        Assert.Equal([3, 4], new[] { counts[2..5].Sum(), counts[5..].Sum() }.Order());
        Assert.True(counts[2..5].Max() - counts[2..5].Min() <= 1);
        Assert.True(counts[5..].Max() - counts[5..].Min() <= 1);
    }

    [Fact]
    public void AT_SCH_5_ScaleUp_Ends_AndImprovesTheBalance()
    {
        var spread = SchedulerWorld.Spread("node.labels.az", "node.labels.rack");
        foreach (var (id, az, rack, count) in new[]
        {
            ("n1", "az1", "rack1", 1), ("n2", "az1", "rack2", 1), ("n3", "az2", "rack3", 1), ("n4", "az2", "rack4", 0), ("n5", "az3", "rack5", 0),
        })
        {
            _world.Node(id, SchedulerWorld.Labels(("az", az), ("rack", rack)));
            _world.Run(id, count, change: spread);
        }

        _world.Wait(2, change: spread);
        _world.Plan();
        Assert.Equal(5, _world.Counts().Sum());
        Assert.Equal(2, _world.Counts()[3..].Sum());
    }

    [Fact]
    public void AT_SCH_6_BranchCounts_AreTheSumsOfTheirBranches()
    {
        var random = new Random(7);
        var service = new ServiceLoad("svc");
        var volumes = new VolumeSet();
        var group = service.GroupOf(_world.TaskOf(change: SchedulerWorld.Spread("node.labels.az", "engine.labels.rack", "no.such", "node.labels.row")), volumes);
        var pool = new NodePool(group, isPacking: false);
        for (var i = 0; i < 40; i++)
        {
            var load = new NodeLoad($"n{i}", i);
            load.Set(SchedulerWorld.NodeOf($"n{i}", node =>
            {
                if (i % 5 > 0)
                {
                    node.Spec.Annotations.Labels["az"] = $"az{i % 5}";
                }

                if (i % 3 > 0)
                {
                    node.Description.Engine.Labels["rack"] = $"rack{i % 3}";
                }
            }));
            pool.SetNode(load);
            for (var n = random.Next(4); n > 0; n--)
            {
                service.Add(i);
            }
        }

        service.Branches = new BranchCounts(pool, service.Counts, 3);
        for (var i = 0; i < 200; i++)
        {
            var node = random.Next(40);
            if (service.Counts[node] > 0 && random.Next(2) == 0)
            {
                service.Subtract(node);
            }
            else
            {
                service.Add(node);
            }
        }

        Assert.Equal(service.Counts.Total, service.Branches[0]);
        Assert.Equal(5 * 3, pool.Tree.Leaves);
        for (var branch = 0; branch < pool.Tree.Count; branch++)
        {
            if (pool.Tree[branch].Children is { Count: > 0 } children)
            {
                Assert.Contains("", pool.Tree[branch].Values.Keys);
                Assert.Equal(children.Sum(c => service.Branches[c]), service.Branches[branch]);
            }
        }
    }

    [Fact]
    public void Preferences_WithMoreTasksThanNodes_StayEvenInEachBranch()
    {
        for (var i = 0; i < 12; i++)
        {
            _world.Node($"n{i:d2}", SchedulerWorld.Labels(("az", $"az{i % 3}")));
        }

        for (var i = 0; i < 50; i++)
        {
            _world.Wait(2, change: SchedulerWorld.Spread("NODE.labels.az"));
            _world.Plan();
        }

        Assert.Equal(100, _world.Counts().Sum());
        Assert.True(_world.Counts().Max() - _world.Counts().Min() <= 1);
    }

    [Fact]
    public void LabelThatChanges_MovesTheNodeToAnotherBranch()
    {
        _world.Node("n1", SchedulerWorld.Labels(("az", "az1")));
        _world.Node("n2", SchedulerWorld.Labels(("az", "az1")));
        _world.Wait(4, change: SchedulerWorld.Spread("node.labels.az"));
        _world.Plan();
        _world.Node("n2", SchedulerWorld.Labels(("az", "az2")));
        _world.Node("n3", SchedulerWorld.Labels(("az", "az3")));
        _world.Wait(2, change: SchedulerWorld.Spread("node.labels.az"));
        _world.Plan();
        Assert.Equal([2, 2, 2], _world.Counts());
    }
}
