using CsCheck;
using SwarmOrleans.Contracts;
using SwarmOrleans.Orchestration;
using Order = SwarmOrleans.Contracts.UpdateConfig.Types.UpdateOrder;

namespace SwarmOrleans.Tests.Unit.Orchestration;

public sealed class DrainTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Fact]
    public void StopFirst_MovesOneAfterTheOther()
    {
        var world = World(null);
        world.Agent = t => t.NodeId == "n1" || t.Slot % 2 == 0 ? TaskState.Running : TaskState.Starting;
        world.Invariant = w => Assert.True(w.Running.Count(t => t.IsWanted()) >= 5);
        world.Drain("n1");
        world.Finish(Hour);
        world.Agent = _ => TaskState.Running;
        world.Finish(Hour);
        Assert.Equal(6, world.Running.Count(t => t.NodeId == "n2"));
        Assert.Empty(world.Progress!.MovingSlots);
    }

    [Fact]
    public void StartFirst_NoTaskStops_BeforeItsReplacementRuns()
    {
        var world = World(new UpdateConfig { Parallelism = 1, Order = Order.StartFirst });
        world.Invariant = w => Assert.True(w.Running.Count(t => t.IsWanted()) is 6 or 7);
        world.Drain("n1");
        world.Finish(Hour);
        Assert.Equal(6, world.Running.Count(t => t.NodeId == "n2"));
        Assert.Equal(6, world.Wanted.Count);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void ByForce_OrWithoutLimit_AllMoveAtOnce(bool force, bool unlimited)
    {
        var world = World(unlimited ? new UpdateConfig() : null);
        world.StopsTasks = false;
        world.Drain("n1", force);
        world.Step();
        Assert.All(world.Tasks.Where(t => t.NodeId == "n1"), t => Assert.Equal(TaskState.Shutdown, t.DesiredState));
        Assert.Equal(3, world.Tasks.Count(t => t.DesiredState == TaskState.Ready));
    }

    [Fact]
    public void NoRoomElsewhere_OnlyAsManyAsTheParallelismAreMissing()
    {
        var world = World(new UpdateConfig { Parallelism = 2 });
        world.CanPlace = _ => false;
        world.Drain("n1");
        world.Finish(Hour);
        Assert.Equal(4, world.Running.Count);
        world.CanPlace = _ => true;
        world.Finish(Hour);
        Assert.Equal(6, world.Running.Count(t => t.NodeId == "n2"));
    }

    [Fact]
    public void MadeActiveAgain_WhatHasNotMovedStays()
    {
        var world = World(new UpdateConfig { Parallelism = 1, Order = Order.StartFirst });
        world.Agent = t => world.Nodes["n1"].Spec.Availability == NodeSpec.Types.Availability.Drain && t.NodeId == "n2" && t.Observed() < TaskState.Running ? TaskState.Starting : TaskState.Running;
        var before = world.Running.Select(t => t.Id).ToHashSet();
        world.Drain("n1");
        world.Finish(Hour);
        Assert.Equal(7, world.Wanted.Count);
        world.SetAvailability("n1", NodeSpec.Types.Availability.Active);
        world.Finish(Hour);
        Assert.Equal(before, world.Running.Select(t => t.Id).ToHashSet());
        Assert.Equal(6, world.Wanted.Count);
    }

    [Fact]
    public void NodeThatDiesWhileItDrains_IsNotMovedWithCareAnyMore()
    {
        var world = World(null);
        world.Agent = t => t.NodeId == "n1" ? TaskState.Running : TaskState.Starting;
        world.Drain("n1");
        world.Settle();
        world.SetNodeState("n1", NodeStatus.Types.State.Down);
        world.Agent = _ => TaskState.Running;
        world.Settle();
        Assert.Equal(6, world.Running.Count(t => t.NodeId == "n2" && t.IsWanted()));
    }

    [Fact]
    public void DrainAndUpdateTogether_ShareTheParallelism() =>
        Gen.Select(Gen.Int[2, 9], Gen.Int[1, 3], Gen.Bool).Sample((replicas, parallelism, startFirst) =>
        {
            var world = World(
                new UpdateConfig { Parallelism = (ulong)parallelism, Order = startFirst ? Order.StartFirst : Order.StopFirst }, (ulong)replicas, nodes: 3);
            world.Invariant = w => Assert.True(
                w.Running.Count(t => t.IsWanted()) >= replicas - (startFirst ? 0 : parallelism), $"{w.Running.Count(t => t.IsWanted())} of {replicas} run");
            world.Update(s => s.Task.Container.Image = "v2");
            world.Step();
            world.Act();
            world.Drain("n1");
            world.Finish(Hour);
            Assert.Equal(replicas, world.Running.Count(t => t.NodeId != "n1" && t.Spec.Container.Image == "v2"));
            Assert.Equal(replicas, world.Wanted.Count);
            Assert.Equal(UpdateStatus.Types.UpdateState.Completed, world.Service!.UpdateStatus.State);
        });

    private static ServiceWorld World(UpdateConfig? config, ulong replicas = 6, int nodes = 2)
    {
        var world = new ServiceWorld(replicas, nodes, s => s.Update = config);
        world.Settle();
        return world;
    }
}
