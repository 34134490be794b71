using System.Diagnostics;
using CsCheck;
using SwarmOrleans.Contracts;
using SwarmOrleans.Orchestration;

namespace SwarmOrleans.Tests.Unit.Orchestration.Rebalancing;

/// <summary>What holds for every plan, checked by counting everything anew, and what no plan moves.</summary>
public sealed class RebalancerTests
{
    private static readonly Gen<BalanceWorld.Shape> Shapes = Gen.Select(
        Gen.Int[0, 2], Gen.Int[0, 1], Gen.Int[0, 12], Gen.Bool, Gen.Int[0, 5], Gen.Int[0, 6],
        (dc, rack, cpu, ssd, health, tasks) => new BalanceWorld.Shape(dc, rack, cpu, ssd, health, tasks));

    private static readonly Gen<BalanceWorld.Demand> Demands = Gen.Select(
        Gen.Int[0, 2], Gen.Bool, Gen.Int[0, 4], Gen.Int[0, 2], Gen.Int[0, 5],
        (cpu, ssd, max, preferences, port) => new BalanceWorld.Demand(cpu, ssd, (ulong)max, preferences, port == 0));

    [Fact]
    public void AnyPlan_EveryMoveIsAllowed_AndMakesTheSpreadMoreEven_UntilNoneIsLeft() =>
        Gen.Select(Shapes.Array[0, 8], Demands).Sample((shapes, demand) =>
        {
            var world = new BalanceWorld(shapes, demand);
            for (var round = 0; ; round++)
            {
                Assert.True(round < 20, "plans do not end");
                var plan = Rebalancer.Plan(world.Input());
                Assert.Equal(plan.Moves.Count, plan.Moves.Select(m => m.Task.Id).Distinct().Count());
                foreach (var move in plan.Moves)
                {
                    Assert.True(world.CanTake(move.To.Id), $"{move.To.Id} cannot take another task");
                    var before = world.Imbalance();
                    world.Move(move);
                    Assert.True(BalanceWorld.IsLess(world.Imbalance(), before), "the spread is not more even than before");
                }

                if (plan.Moves.Count == 0)
                {
                    break;
                }
            }

            Assert.Equal([], world.MissedMoves());
        });

    [Fact]
    public void ALimitedPlan_IsTheBeginningOfTheWholeOne() =>
        Gen.Select(Shapes.Array[0, 8], Demands, Gen.Int[0, 4]).Sample((shapes, demand, max) =>
        {
            var input = new BalanceWorld(shapes, demand).Input();
            var whole = Rebalancer.Plan(input).Moves;
            Assert.Equal(whole.Take(max).Select(m => (m.Task.Id, m.To.Id)), Rebalancer.Plan(input, max).Moves.Select(m => (m.Task.Id, m.To.Id)));
        });

    [Theory]
    [InlineData(Mount.Types.Type.Volume, "data", 0)]
    [InlineData(Mount.Types.Type.Cluster, "data", 0)]
    [InlineData(Mount.Types.Type.Volume, "", 2)]
    [InlineData(Mount.Types.Type.Tmpfs, "", 2)]
    public void Tasks_WhoseVolumesStayBehind_StayToo(Mount.Types.Type type, string source, int moves)
    {
        var world = new BalanceWorld([BalanceWorld.Shape.Of(4), BalanceWorld.Shape.Of(0)], new());
        world.Service.Spec.Task.Container.Mounts.Add(new Mount { Type = type, Source = source, Target = "/data" });
        var plan = Rebalancer.Plan(world.Input());
        Assert.Equal((moves, moves == 0), (plan.Moves.Count, plan.Reason.Contains("volumes", StringComparison.Ordinal)));
    }

    [Fact]
    public void Tasks_OfOtherModesOrThatArePackedOrNeverRestarted_Stay()
    {
        static string ReasonFor(Action<ServiceSpec> change, Cluster? cluster = null)
        {
            var world = new BalanceWorld([BalanceWorld.Shape.Of(4), BalanceWorld.Shape.Of(0)], new() { Cpu = 1 });
            change(world.Service.Spec);
            var plan = Rebalancer.Plan(world.Input(cluster));
            Assert.Empty(plan.Moves);
            return plan.Reason;
        }

        var packing = new Cluster { Spec = new ClusterSpec { PlacementStrategy = Placement.Types.Strategy.Binpack } };
        Assert.Contains("only replicated", ReasonFor(s => s.Global = new GlobalService()), StringComparison.Ordinal);
        Assert.Contains("packed", ReasonFor(s => s.Task.Placement = new Placement { Strategy = Placement.Types.Strategy.Binpack }), StringComparison.Ordinal);
        Assert.Contains("packed", ReasonFor(_ => { }, packing), StringComparison.Ordinal);
        Assert.Contains("restart policy", ReasonFor(s => s.Task.Restart = new RestartPolicy()), StringComparison.Ordinal);
    }

    [Fact]
    public void HostPorts_OneTaskANode_NeverMovesToWhereThePortIsTaken()
    {
        var world = new BalanceWorld([BalanceWorld.Shape.Of(3), BalanceWorld.Shape.Of(0), BalanceWorld.Shape.Of(0)], new() { HasHostPort = true });
        world.AddOther("n1", port: 80);
        Assert.Equal("n2", Assert.Single(Rebalancer.Plan(world.Input()).Moves).To.Id);
    }

    [Fact]
    public void NodesThatAreNew_OrWhereTheServiceFailedLately_AreWaitedFor()
    {
        var world = new BalanceWorld([BalanceWorld.Shape.Of(4), BalanceWorld.Shape.Of(0)], new());
        world.Nodes["n1"].Meta = new Meta { UpdatedAt = BalanceWorld.Before(TimeSpan.FromSeconds(10)) };
        var plan = Rebalancer.Plan(world.Input(steadyFor: TimeSpan.FromSeconds(30)));
        Assert.Equal((0, BalanceWorld.Now + TimeSpan.FromSeconds(20)), (plan.Moves.Count, plan.LookAgainAt));
        Assert.Equal(2, Rebalancer.Plan(world.Input(steadyFor: TimeSpan.FromSeconds(10))).Moves.Count);
        world.AddFailure("n1", TimeSpan.FromMinutes(4));
        plan = Rebalancer.Plan(world.Input());
        Assert.Equal((0, BalanceWorld.Now + TimeSpan.FromMinutes(1)), (plan.Moves.Count, plan.LookAgainAt));
    }

    [Fact]
    public void Branches_ComeBeforeNodes()
    {
        // Four tasks on one node of one data centre, none on the two nodes of the other: two move there, one to each.
        var world = new BalanceWorld(
            [BalanceWorld.Shape.Of(4), BalanceWorld.Shape.Of(0), BalanceWorld.Shape.Of(0, dc: 1), BalanceWorld.Shape.Of(0, dc: 1)], new() { Preferences = 1 });
        Assert.Equal(["n1", "n2", "n3"], Rebalancer.Plan(world.Input()).Moves.Select(m => m.To.Id).Order());
    }

    [Fact]
    public void TenThousandNodes_APlanOfFiftyThousandMoves_TakesNoTime()
    {
        var shapes = Enumerable.Range(0, 10_000).Select(i => BalanceWorld.Shape.Of(i % 2 == 0 ? 20 : 0, dc: i % 3)).ToArray();
        var world = new BalanceWorld(shapes, new() { Preferences = 1, Cpu = 1 });
        var watch = Stopwatch.StartNew();
        Assert.NotEmpty(Rebalancer.Plan(world.Input(), 1).Moves);
        var one = watch.Elapsed;
        watch.Restart();
        var free = new BalanceWorld(shapes, new() { Preferences = 1 });
        Assert.InRange(Rebalancer.Plan(free.Input()).Moves.Count, 49_900, 50_100);
        TestContext.Current.SendDiagnosticMessage($"one move: {one.TotalMilliseconds:0} ms, all: {watch.Elapsed.TotalMilliseconds:0} ms");
        Assert.True(one < TimeSpan.FromSeconds(2) && watch.Elapsed < TimeSpan.FromSeconds(5), $"{one}, {watch.Elapsed}");
    }
}
