using SwarmOrleans.Contracts;
using SwarmOrleans.Control;
using static SwarmOrleans.Tests.Unit.Control.ControlWorld;

namespace SwarmOrleans.Tests.Unit.Control;

/// <summary>Tasks through the control API (API-33).</summary>
public sealed class TaskTests : IAsyncDisposable
{
    private readonly ControlWorld _world = new();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task AT_API_40_Get_NeedsAnIdThatExists()
    {
        await InvalidAsync("task_id", () => _world.Tasks.GetAsync("", Stop));
        await RefusedAsync(UseCaseError.NotFound, "task nothing not found", () => _world.Tasks.GetAsync("nothing", Stop));
        await InvalidAsync("task_id", () => _world.Tasks.RemoveAsync("", Stop));
        await RefusedAsync(UseCaseError.NotFound, "task nothing not found", () => _world.Tasks.RemoveAsync("nothing", Stop));
        var service = await _world.CreateServiceAsync();
        await _world.CreateAsync(TaskOf(service, "t1", TaskState.Running));
        Assert.Equal(TaskState.Running, (await _world.Tasks.GetAsync("t1", Stop)).Status.State);
        await _world.Tasks.RemoveAsync("t1", Stop);
        Assert.Null(_world.Store.Current.Find<SwarmTask>("t1"));
    }

    [Fact]
    public async Task AT_API_40_Lists_AreFiltered()
    {
        var web = await _world.CreateServiceAsync("web", s => s.Annotations.Labels["tier"] = "front");
        var database = await _world.CreateServiceAsync("db");
        await _world.CreateAsync(
            TaskOf(web, "a1", TaskState.Running, nodeId: "n1"),
            TaskOf(web, "a2", TaskState.Shutdown, TaskState.Shutdown, "n2", 2),
            TaskOf(database, "b1", TaskState.Pending));
        await IsAsync(["a1", "a2", "b1"], null);
        await IsAsync(["a1", "a2"], new() { ServiceIds = { web.Id } });
        await IsAsync(["a1", "a2", "b1"], new() { ServiceIds = { web.Id, database.Id, "nothing" } });
        await IsAsync(["a2"], new() { NodeIds = { "n2" } });
        await IsAsync([], new() { NodeIds = { "n2" }, ServiceIds = { database.Id } });
        await IsAsync(["a1", "b1"], new() { DesiredStates = { TaskState.Running } });
        await IsAsync(["a1", "a2"], new() { IdPrefixes = { "a" } });
        await IsAsync(["a1"], new() { Names = { "web.1.a1" } });
        await IsAsync(["a1", "a2"], new() { NamePrefixes = { "web." } });
        await IsAsync(["a1", "a2"], new() { Labels = { ["tier"] = "front" } });
        await IsAsync(["a1", "a2", "b1"], new() { Runtimes = { "container" } });
        await IsAsync([], new() { Runtimes = { "attachment" } });
    }

    [Fact]
    public async Task AT_API_40_UpToDate_IsWhatItsServiceWantsNow()
    {
        var service = await _world.CreateServiceAsync();
        await _world.CreateAsync(TaskOf(service, "old", TaskState.Running));
        await IsAsync(["old"], new() { UpToDate = true });
        var updated = await _world.UpdateServiceAsync(service, s => s.Task.Container.Image = "nginx:2");
        await _world.CreateAsync(TaskOf(updated, "new", TaskState.Running, slot: 2));
        await IsAsync(["new"], new() { UpToDate = true });
        await IsAsync(["new", "old"], new() { UpToDate = false });
    }

    private async Task IsAsync(string[] ids, ListTasksRequest.Types.Filters? filters) =>
        Assert.Equal(ids, (await _world.Tasks.ListAsync(filters, Stop)).Select(t => t.Id).Order());
}
