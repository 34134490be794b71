using CsCheck;
using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;
using SwarmOrleans.Orchestration;
using Order = SwarmOrleans.Contracts.UpdateConfig.Types.UpdateOrder;
using State = SwarmOrleans.Contracts.RebalanceStatus.Types.State;

namespace SwarmOrleans.Tests.Unit.Orchestration.Rebalancing;

/// <summary>How a service carries a rebalance out: its budget, its pauses, and what comes in between.</summary>
public sealed class RebalanceStepTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public void NodeJoins_TasksMoveToIt_OneAfterTheOther_WithPausesBetween()
    {
        var world = World(new RebalancePolicy { CoolDown = Duration.FromTimeSpan(10 * Second) });
        world.Invariant = w => Assert.True(w.Running.Count(t => t.IsWanted()) >= 8);
        world.AddNode("n3");
        world.Settle();
        Assert.Equal((1, State.Moving), (On(world, "n3"), world.Service!.RebalanceStatus.State));
        world.Advance(9 * Second);
        Assert.Equal(1, On(world, "n3"));
        world.Advance(Second);
        Assert.Equal(2, On(world, "n3"));
        world.Finish(Hour);
        Assert.Equal((3, State.Completed, "3 tasks moved"), (On(world, "n3"), world.Service.RebalanceStatus.State, world.Service.RebalanceStatus.Message));
        Assert.Null(world.Progress!.Rebalance);
    }

    [Fact]
    public void NodeJoins_WithoutThePolicy_NothingMoves_UntilAnOperatorAsks()
    {
        var world = World(null);
        world.AddNode("n3");
        world.Finish(Hour);
        Assert.Equal(0, On(world, "n3"));
        Ask(world);
        world.Settle();
        Assert.Equal((3, State.Completed, "3 tasks moved"), (On(world, "n3"), world.Service!.RebalanceStatus.State, world.Service.RebalanceStatus.Message));
        world.AddNode("n4");
        world.Finish(Hour);
        Assert.Equal(0, On(world, "n4"));
    }

    [Fact]
    public void NodeThatIsNew_IsWaitedFor_UnlessAnOperatorAsks()
    {
        var world = World(new RebalancePolicy());
        world.AddNode("n3");
        world.Nodes["n3"].Meta = new Meta { UpdatedAt = Timestamp.FromDateTimeOffset(world.Now) };
        world.Settle();
        Assert.Equal((0, world.Now + (30 * Second)), (On(world, "n3"), world.WakeAt));
        world.Advance(30 * Second);
        Assert.Equal(1, On(world, "n3"));
        world.Nodes["n3"].Meta.UpdatedAt = Timestamp.FromDateTimeOffset(world.Now);
        Ask(world);
        world.Finish(Hour);
        Assert.Equal(3, On(world, "n3"));
    }

    [Fact]
    public void StartFirst_NoTaskStops_BeforeItsReplacementRuns()
    {
        var world = World(new RebalancePolicy { MaxMoving = 2, CoolDown = new Duration() }, Order.StartFirst);
        world.Agent = t => t.NodeId == "n3" ? TaskState.Starting : TaskState.Running;
        world.Invariant = w => Assert.True(w.Running.Count(t => t.IsWanted()) >= 9);
        world.AddNode("n3");
        world.Settle();
        Assert.Equal((11, 9), (world.Wanted.Count, world.Running.Count));
        world.FailOver();
        world.Agent = _ => TaskState.Running;
        world.Finish(Hour);
        Assert.Equal((3, 9, 9), (On(world, "n3"), world.Wanted.Count, world.Running.Count));
    }

    [Fact]
    public void StartFirst_WhatIsOnItsWay_CountsWhereItGoes()
    {
        var world = World(new RebalancePolicy { MaxMoving = 2, CoolDown = new Duration() }, Order.StartFirst, replicas: 5);
        world.Agent = t => t.NodeId == "n3" ? TaskState.Starting : TaskState.Running;
        world.AddNode("n3");
        world.Settle();
        Assert.Equal((6, 1), (world.Wanted.Count, On(world, "n3")));
    }

    [Theory]
    [InlineData(Order.StopFirst)]
    [InlineData(Order.StartFirst)]
    public void ReplacementThatFails_IsNotTriedAgainForAWhile(Order order)
    {
        var world = World(new RebalancePolicy { MaxMoving = 9, CoolDown = new Duration() }, order);
        world.Agent = t => t.NodeId == "n3" ? TaskState.Failed : TaskState.Running;
        world.AddNode("n3");
        for (var i = 0; i < 20 && world.Tasks.Count(t => t.Observed() == TaskState.Failed) < 3; i++)
        {
            world.Step();
            world.Act();
        }

        Assert.Equal(3, world.Tasks.Count(t => t.Observed() == TaskState.Failed));

        // Where the scheduler puts those whose predecessor is gone is its own affair: here, on the emptiest node.
        world.CanPlace = t => t.NodeId != "n3";
        world.Agent = _ => TaskState.Running;
        world.Finish(TimeSpan.FromMinutes(4));
        Assert.DoesNotContain(world.Tasks, t => t.NodeId == "n3" && t.IsWanted() && t.Observed() < TaskState.Assigned);
        Assert.Equal(9, world.Running.Count(t => t.IsWanted()));
    }

    [Theory]
    [InlineData(Order.StopFirst)]
    [InlineData(Order.StartFirst)]
    public void NodeThatCannotTakeTheTaskAfterAll_IsGivenUp(Order order)
    {
        var world = World(new RebalancePolicy { CoolDown = new Duration() }, order);
        world.CanPlace = t => t.NodeId != "n3";
        world.AddNode("n3");
        world.Settle();
        Assert.Equal(order == Order.StopFirst ? 8 : 9, world.Running.Count(t => t.IsWanted()));
        world.Advance(10 * Second);
        Assert.Equal(9, world.Running.Count(t => t.IsWanted()));
        Assert.Equal(9, world.Wanted.Count);
    }

    [Fact]
    public void StartFirst_ReplacementThatDoesNotRunInTime_IsTakenBack()
    {
        var world = World(new RebalancePolicy { CoolDown = new Duration() }, Order.StartFirst, s => s.Update.ProgressDeadline = Duration.FromTimeSpan(20 * Second));
        world.Agent = t => t.NodeId == "n3" ? TaskState.Preparing : TaskState.Running;
        world.AddNode("n3");
        world.Settle();
        Assert.Equal(10, world.Wanted.Count);
        world.Advance(20 * Second);
        Assert.Equal((9, 0), (world.Wanted.Count, On(world, "n3")));
        Assert.Equal(9, world.Running.Count);
    }

    [Fact]
    public void PausedUpdate_NothingMoves_WhatIsOutOfDateLeast()
    {
        var world = World(new RebalancePolicy { MaxMoving = 20, CoolDown = new Duration() });
        world.Update(s => s.Task.Container.Image = "v2");
        world.Step();
        world.Put(Rollouts.Pause(world.Service!));
        world.Settle();
        var updated = world.Tasks.Count(t => t.Spec.Container.Image == "v2");
        world.AddNode("n3");
        world.Finish(Hour);
        Assert.Equal(updated, world.Tasks.Count(t => t.Spec.Container.Image == "v2" && t.IsWanted()));
    }

    [Fact]
    public void PolicyThatIsTakenBack_EndsIt()
    {
        var world = World(new RebalancePolicy { CoolDown = Duration.FromTimeSpan(10 * Second) });
        world.AddNode("n3");
        world.Settle();
        world.Update(s => s.Rebalance = null);
        world.Finish(Hour);
        Assert.Equal((1, State.Completed, "1 task moved"), (On(world, "n3"), world.Service!.RebalanceStatus.State, world.Service.RebalanceStatus.Message));
        Assert.Null(world.Progress!.Rebalance);
    }

    [Fact]
    public void AnyLife_NeverMoreThanTheBudgetMissing_AndItEndsEvenly() =>
        Gen.Select(Gen.Int[1, 9], Gen.Int[1, 3], Gen.Int[0, 3], Gen.Bool, Gen.Int[0, 2], Gen.Int[0, 5].Array[1, 8])
            .Sample((replicas, budget, coolDown, isStartFirst, slowness, happenings) =>
            {
                var policy = new RebalancePolicy { MaxMoving = (uint)budget, CoolDown = Duration.FromTimeSpan(coolDown * Second) };
                var world = World(policy, isStartFirst ? Order.StartFirst : Order.StopFirst, nodes: 2, replicas: (ulong)replicas);
                MakeSlow(world, slowness);
                world.Invariant = w =>
                {
                    var missing = w.Tasks.GroupBy(t => t.Slot).Count(slot => !slot.Any(t => t.IsWanted() && t.Observed() == TaskState.Running));
                    Assert.True(missing <= (isStartFirst ? 0 : budget), $"{missing} missing at a budget of {budget}");
                    Assert.True((w.Progress?.Rebalance?.Moves.Count ?? 0) <= budget);
                    AssertNothingLeftToDecide(w);
                };
                var joined = 2;
                foreach (var happening in happenings)
                {
                    switch (happening)
                    {
                        case 0 or 1:
                            world.AddNode($"n{++joined}");
                            break;
                        case 2:
                            world.Nodes[$"n{joined}"].Spec.Availability = NodeSpec.Types.Availability.Pause;
                            break;
                        case 3:
                            world.Nodes[$"n{joined}"].Spec.Availability = NodeSpec.Types.Availability.Active;
                            break;
                        case 4:
                            world.FailOver();
                            break;
                    }

                    world.Advance(Second);
                }

                for (var i = 0; i < 120 && !IsEven(world); i++)
                {
                    world.Advance(Second);
                }

                world.Finish(Hour);
                Assert.True(IsEven(world), string.Join(", ", world.Nodes.Keys.Select(n => $"{n}: {On(world, n)}")));
                Assert.Equal(replicas, world.Running.Count(t => t.IsWanted()));
                Assert.True(world.Service!.RebalanceStatus?.State is null or State.Completed);
                Assert.Null(world.Progress?.Rebalance);
            });

    private static void AssertNothingLeftToDecide(ServiceWorld world)
    {
        var invariant = world.Invariant;
        world.Invariant = null;
        var again = world.Step();
        Assert.True(again.IsEmpty, $"a decision, applied and made again, is not empty: {again.Create.Count} created, {again.Update.Count} changed, {again.Progress}");
        world.Invariant = invariant;
    }

    private static bool IsEven(ServiceWorld world)
    {
        var open = world.Nodes.Values.Where(TaskFacts.IsOpen).Select(n => On(world, n.Id)).ToList();
        return world.Nodes.Keys.Max(n => On(world, n)) - open.Min() <= 1 && world.Wanted.Count == (int)world.Service!.Spec.Replicated.Replicas;
    }

    private static void MakeSlow(ServiceWorld world, int seconds)
    {
        var born = world.Tasks.ToDictionary(t => t.Id, _ => DateTimeOffset.MinValue);
        world.Agent = task =>
        {
            born.TryAdd(task.Id, world.Now);
            return world.Now - born[task.Id] < seconds * Second ? TaskState.Starting : TaskState.Running;
        };
    }

    private static int On(ServiceWorld world, string node) => world.Wanted.Count(t => t.NodeId == node);

    private static void Ask(ServiceWorld world)
    {
        var next = world.Service!.Clone();
        next.RebalanceStatus = new RebalanceStatus { State = State.Requested, StartedAt = Timestamp.FromDateTimeOffset(world.Now) };
        world.Put(next);
    }

    private static ServiceWorld World(
        RebalancePolicy? policy, Order order = Order.StopFirst, Action<ServiceSpec>? configure = null, int nodes = 2, ulong replicas = 9)
    {
        var world = new ServiceWorld(replicas, nodes, s =>
        {
            s.Rebalance = policy;
            s.Update = new UpdateConfig { Parallelism = 1, Order = order };
            configure?.Invoke(s);
        });
        world.Settle();
        return world;
    }
}
