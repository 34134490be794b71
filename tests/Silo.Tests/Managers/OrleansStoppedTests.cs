using Microsoft.Extensions.Logging.Abstractions;
using SwarmOrleans.Contracts;
using SwarmOrleans.Control;
using SwarmOrleans.Orchestration;
using SwarmOrleans.Silo.Dispatching;
using SwarmOrleans.Silo.Loops;
using SwarmOrleans.Store;

namespace SwarmOrleans.Tests.Silo.Managers;

/// <summary>"With Orleans stopped the system must stay correct: reconcilers idle; API, dispatcher, sessions and leader loops go on."</summary>
public sealed class OrleansStoppedTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task OrleansStopped_AllButReconcilersGoesOn_AndTheyCatchUp()
    {
        await using var managers = new TestManagers();
        var manager = await managers.AddAsync("m1");
        var store = manager.Store;
        await store.CommitAsync(new StoreTransaction().Create(Samples.NewNode("n1", NodeStatus.Types.State.Unknown)), Stop);
        using var stop = StoreWaits.Limit();
        var dispatcher = new DispatcherCore(store, RandomIdSource.Secure, new DispatcherOptions { Random = new Random(1) });
        var services = new Services(store, RandomIdSource.Secure, TimeProvider.System);
        var running = Task.WhenAll(dispatcher.RunAsync(stop.Token), Loops(store).RunAsync(stop.Token));

        // A session: the node becomes READY, and its heartbeats count.
        await using var session = dispatcher.SessionAsync("n1", "10.0.0.1", Registration(), Stop).GetAsyncEnumerator(Stop);
        Assert.True(await session.MoveNextAsync());
        var sessionId = session.Current.SessionId;
        Assert.Equal(NodeStatus.Types.State.Ready, store.Current.Find<Node>("n1")!.Status.State);
        Assert.True(dispatcher.Heartbeat("n1", sessionId) > TimeSpan.Zero);

        // The API stores a service. Nobody makes its tasks; one that was made before is placed, told to the agent, and its state stored.
        var web = await services.CreateAsync(Samples.NewSpec("web", replicas: 2), Stop);
        await store.CommitAsync(new StoreTransaction().Create(Samples.NewTask(web, "t1")), Stop);
        await store.WaitForAsync(v => v.Find<SwarmTask>("t1")!.NodeId == "n1");
        await using var assignments = dispatcher.AssignmentsAsync("n1", sessionId, Stop).GetAsyncEnumerator(Stop);
        Assert.True(await assignments.MoveNextAsync());
        Assert.Equal("t1", Assert.Single(assignments.Current.Changes).Assignment.Task.Id);
        await dispatcher.UpdateTaskStatusAsync("n1", sessionId, [Report("t1", TaskState.Running)], Stop);
        Assert.Equal(TaskState.Running, (await new Tasks(store).GetAsync("t1", Stop)).Status.State);

        web = await ScaleAsync(services, web.Id, 3);
        Assert.Equal("t1", Assert.Single(await new Tasks(store).ListAsync(null, Stop)).Id);
        Assert.Equal(0, store.Current.Count<ServiceProgress>());

        // The silo comes: everything that was missed is made good, and the running task is kept.
        await manager.StartSiloAsync();
        Assert.Contains("t1", Wanted(await store.WaitForAsync(v => Wanted(v).Count == 3)));

        // It goes again.
        await manager.StopSiloAsync();
        web = await ScaleAsync(services, web.Id, 4);
        await store.CommitAsync(new StoreTransaction().Create(Samples.NewTask(web, "t9", slot: 9)), Stop);
        await store.WaitForAsync(v => v.Find<SwarmTask>("t9")!.NodeId == "n1");
        Assert.Equal(4, Wanted(store.Current).Count);
        Assert.Contains("t9", Wanted(store.Current));
        Assert.True(dispatcher.Heartbeat("n1", sessionId) > TimeSpan.Zero);

        await services.RemoveAsync(web.Id, Stop);
        await manager.StartSiloAsync();
        await store.WaitForAsync(v => Wanted(v).Count == 0);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    private static LeaderLoops Loops(SwarmStore store) => new(
        store,
        [new SchedulerLoop(store, TimeProvider.System), new ConstraintEnforcerLoop(store, TimeProvider.System)],
        TimeProvider.System,
        NullLogger<LeaderLoops>.Instance);

    private static SessionRequest Registration() => new() { Description = Samples.NewNode("n1").Description };

    private static UpdateTaskStatusRequest.Types.TaskStatusUpdate Report(string taskId, TaskState state) =>
        new() { TaskId = taskId, Status = new SwarmTaskStatus { State = state } };

    private static async Task<Service> ScaleAsync(Services services, string id, ulong replicas)
    {
        var service = await services.GetAsync(id, false, Stop);
        return await services.UpdateAsync(
            id, service.Meta.Version, Samples.NewSpec(service.Spec.Annotations.Name, replicas), UpdateServiceRequest.Types.Rollback.None, Stop);
    }

    private static List<string> Wanted(StoreView view) => [.. view.All<SwarmTask>().Where(t => t.IsWanted()).Select(t => t.Id)];
}
