using SwarmOrleans.Contracts;
using SwarmOrleans.Control;
using SwarmOrleans.Silo.Reconciling;
using SwarmOrleans.Store;
using SwarmOrleans.Testing;
using State = SwarmOrleans.Contracts.UpdateStatus.Types.UpdateState;

namespace SwarmOrleans.Tests.Unit.Reconciling;

/// <summary>Use cases and reconciler together, on a real store.</summary>
public sealed class ServiceLifeTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RemovedService_KeepsItsNameUntilItsTasksHaveStopped()
    {
        await using var test = TestStore.Create();
        await test.CreateAsync(new Node { Id = "n1", Spec = new NodeSpec(), Status = new NodeStatus { State = NodeStatus.Types.State.Ready } });
        var (services, runner) = (ServicesOf(test), RunnerOf(test));
        var service = await services.CreateAsync(Spec("v1"), Token);
        await runner.ReconcileAsync(service.Id, Token);
        await ReportAsync(test, service.Id, TaskState.Running);

        await services.RemoveAsync(service.Id, Token);
        await services.RemoveAsync(service.Id, Token);
        await runner.ReconcileAsync(service.Id, Token);
        Assert.Equal(TaskState.Remove, Assert.Single(test.Store.Current.Tasks.OfService(service.Id)).DesiredState);
        await Assert.ThrowsAsync<UseCaseException>(() => services.CreateAsync(Spec("v1"), Token));

        await ReportAsync(test, service.Id, TaskState.Shutdown);
        await runner.ReconcileAsync(service.Id, Token);
        Assert.Empty(test.Store.Current.All<SwarmTask>());
        Assert.Null(test.Store.Current.Find<ServiceProgress>(service.Id));
        await Assert.ThrowsAsync<UseCaseException>(() => services.RemoveAsync(service.Id, Token));
        await services.CreateAsync(Spec("v1"), Token);
    }

    [Fact]
    public async Task Rollout_IsPausedResumedAndTakenBack_ByRequest()
    {
        await using var test = TestStore.Create();
        var (services, runner, rollouts) = (ServicesOf(test), RunnerOf(test), new ServiceRollouts(test.Store, TimeProvider.System));
        var id = (await services.CreateAsync(Spec("v1"), Token)).Id;
        Service Stored() => test.Store.Current.Find<Service>(id)!;
        Task<Service> Ask(Action<UpdateServiceRequest> what)
        {
            var request = new UpdateServiceRequest { ServiceId = id, ServiceVersion = Stored().Meta.Version };
            what(request);
            Assert.True(ServiceRollouts.Concerns(request));
            return rollouts.ChangeAsync(request, Token);
        }

        await runner.ReconcileAsync(id, Token);
        await Assert.ThrowsAsync<UseCaseException>(() => Ask(r => r.Rollout = RolloutAction.Pause));
        await services.UpdateAsync(id, Stored().Meta.Version, Spec("v2"), UpdateServiceRequest.Types.Rollback.None, Token);
        await runner.ReconcileAsync(id, Token);
        Assert.Equal(State.Paused, (await Ask(r => r.Rollout = RolloutAction.Pause)).UpdateStatus.State);
        Assert.Equal(State.Updating, (await Ask(r => r.Rollout = RolloutAction.Resume)).UpdateStatus.State);
        Assert.Equal([1ul, 2], (await rollouts.ListRevisionsAsync(id, Token)).Select(r => r.Number));
        await Assert.ThrowsAsync<UseCaseException>(() => Ask(r => r.RollbackTo = 7));
        var back = await Ask(r => r.RollbackTo = 1);
        Assert.Equal((State.RollbackStarted, "v1"), (back.UpdateStatus.State, back.Spec.Task.Container.Image));
        await runner.ReconcileAsync(id, Token);
        Assert.Equal([2ul, 3], (await rollouts.ListRevisionsAsync(id, Token)).Select(r => r.Number));
    }

    private static Services ServicesOf(TestStore test) => new(test.Store, new RandomIdSource(new Random(1)), TimeProvider.System);

    private static ServiceRunner RunnerOf(TestStore test) => new(test.Store, new RandomIdSource(new Random(2)), TimeProvider.System);

    private static async Task ReportAsync(TestStore test, string serviceId, TaskState state)
    {
        var task = Assert.Single(test.Store.Current.Tasks.OfService(serviceId)).Clone();
        task.NodeId = "n1";
        task.Status.State = state;
        Assert.True((await test.Store.CommitAsync(new StoreTransaction().Update(task), Token)).IsCommitted);
    }

    private static ServiceSpec Spec(string image) => new()
    {
        Annotations = new Annotations { Name = "web" },
        Task = new TaskSpec { Container = new ContainerSpec { Image = image } },
        Replicated = new ReplicatedService { Replicas = 1 },
    };
}
