using SwarmOrleans.Contracts;
using SwarmOrleans.Control;

namespace SwarmOrleans.Tests.Unit.Control;

/// <summary>Explanations on a store.</summary>
public sealed class ExplanationTests : IAsyncDisposable
{
    private readonly ControlWorld _world = new();

    [Fact]
    public async Task TaskAndService_AreExplainedFromTheStore_WhichIsNotWritten()
    {
        var service = await _world.CreateServiceAsync(change: s => s.Task.Resources = new ResourceRequirements { Reservations = new Resources { NanoCpus = 2_000_000_000 } });
        var nodes = Enumerable.Range(1, 30).Select(i => new Node
        {
            Id = $"n{i:d2}",
            Spec = new NodeSpec(),
            Status = new NodeStatus { State = NodeStatus.Types.State.Ready },
            Description = new NodeDescription { Hostname = $"host{i:d2}", Resources = new Resources { NanoCpus = 3_000_000_000 } },
        });
        var running = ControlWorld.TaskOf(service, "old", TaskState.Running, nodeId: "n01");
        await _world.CreateAsync([.. nodes, running, ControlWorld.TaskOf(service, "new", TaskState.Pending, slot: 2)]);
        var version = _world.Store.Current.Version;

        var task = await _world.Explanations.ExplainTaskAsync("new", 0, ControlWorld.Stop);
        Assert.Equal((30U, 29U, 20), (task.Placement.Nodes, task.Placement.FittingNodes, task.Placement.ShownNodes.Count));
        task = await _world.Explanations.ExplainTaskAsync("new", 1000, ControlWorld.Stop);
        Assert.Equal("2 CPUs are reserved, 1 are free", task.Placement.ShownNodes[^1].Refusals.Single().Detail);
        Assert.Equal(("host01", "web"), (task.Placement.ShownNodes[^1].NodeName, task.ServiceName));
        Assert.Equal("it runs on node host01", (await _world.Explanations.ExplainTaskAsync("old", 0, ControlWorld.Stop)).Summary);
        var explanation = await _world.Explanations.ExplainServiceAsync(service.Id, ControlWorld.Stop);
        Assert.Equal((1UL, 1UL, "new"), (explanation.Running, explanation.Pending, explanation.PendingTasks.Single().ExampleTaskId));
        Assert.Equal(version, _world.Store.Current.Version);
    }

    [Fact]
    public async Task WhatIsNotThere_IsRefused()
    {
        await ControlWorld.RefusedAsync(UseCaseError.NotFound, "task x not found", () => _world.Explanations.ExplainTaskAsync("x", 0, ControlWorld.Stop));
        await ControlWorld.RefusedAsync(UseCaseError.NotFound, "service x not found", () => _world.Explanations.ExplainServiceAsync("x", ControlWorld.Stop));
        await ControlWorld.InvalidAsync("task_id", () => _world.Explanations.ExplainTaskAsync("", 0, ControlWorld.Stop));
        await ControlWorld.InvalidAsync("service_id", () => _world.Explanations.ExplainServiceAsync("", ControlWorld.Stop));
        await ControlWorld.InvalidAsync("at most 1000", () => _world.Explanations.ExplainTaskAsync("x", 1001, ControlWorld.Stop));
    }

    public ValueTask DisposeAsync() => _world.DisposeAsync();
}
