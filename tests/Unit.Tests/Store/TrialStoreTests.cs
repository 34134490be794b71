using SwarmOrleans.Contracts;
using SwarmOrleans.Store;
using SwarmOrleans.Store.Trying;
using SwarmOrleans.Tests.Unit.Control;

namespace SwarmOrleans.Tests.Unit.Store;

/// <summary>A trial decides as the log does, and keeps it to itself.</summary>
public sealed class TrialStoreTests : IAsyncDisposable
{
    private readonly ControlWorld _world = new();

    [Fact]
    public async Task Trial_DecidesLikeTheStore_AndTheViewItBeganWithStays()
    {
        var service = await _world.CreateServiceAsync();
        var view = _world.Store.Current;
        var trial = new TrialStore(view, _world.Time);
        var changed = service.Clone();
        changed.Spec.Task.Container.Image = "tried";
        var results = await trial.CommitAllAsync(
            [
                new StoreTransaction().Update(changed),
                new StoreTransaction().Update(service),
                new StoreTransaction().Create(new Service { Id = "x", Spec = ControlWorld.Spec() }),
                new StoreTransaction().UnderTerm(TrialStore.Term + 1).Create(new Node { Id = "n" }),
            ],
            ControlWorld.Stop);
        Assert.Equal([CommitOutcome.Committed, CommitOutcome.Conflict, CommitOutcome.Conflict, CommitOutcome.Unavailable], results.Select(r => r.Outcome));
        Assert.Equal([ConflictReason.OutOfSequence, ConflictReason.NameInUse], results.Select(r => r.Conflict).OfType<StoreConflict>().Select(c => c.Reason));
        Assert.Equal(("tried", view.Version + 1), (trial.Current.Find<Service>(service.Id)!.Spec.Task.Container.Image, trial.Current.Version));
        Assert.Same(trial.Current, await trial.ReadAsync(ControlWorld.Stop));
        Assert.Equal("nginx:1", view.Find<Service>(service.Id)!.Spec.Task.Container.Image);
        Assert.Same(view, _world.Store.Current);
        await foreach (var batch in trial.WatchAsync(view.Version, ControlWorld.Stop))
        {
            Assert.Equal((service.Id, trial.Current.Version), (Assert.Single(batch.Changes).Id, batch.Version));
            break;
        }
    }

    [Fact]
    public async Task Reports_AreAccepted_WhenTheNodeHasASession()
    {
        var service = await _world.CreateServiceAsync();
        var task = ControlWorld.TaskOf(service, "t", TaskState.Assigned, nodeId: "n");
        var trial = new TrialStore(await _world.CreateAsync(task, new NodeSession { Id = "n", SessionId = "s" }), _world.Time);
        TaskStatusReport[] reports = [new TaskStatusReport("t", new SwarmTaskStatus { State = TaskState.Running })];
        await trial.ReportStatusAsync("n", "other", reports, ControlWorld.Stop);
        Assert.Equal(TaskState.Assigned, trial.Current.Find<SwarmTask>("t")!.Status.State);
        await trial.ReportStatusAsync("n", "s", reports, ControlWorld.Stop);
        Assert.Equal(TaskState.Running, trial.Current.Find<SwarmTask>("t")!.Status.State);
        Assert.Equal(TaskState.Assigned, _world.Store.Current.Find<SwarmTask>("t")!.Status.State);
    }

    public ValueTask DisposeAsync() => _world.DisposeAsync();
}
