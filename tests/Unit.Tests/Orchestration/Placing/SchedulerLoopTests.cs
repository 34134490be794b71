using SwarmOrleans.Contracts;
using SwarmOrleans.Silo.Loops;
using SwarmOrleans.Store;
using SwarmOrleans.Testing;
using PublishState = SwarmOrleans.Contracts.VolumePublishStatus.Types.State;

namespace SwarmOrleans.Tests.Unit.Orchestration.Placing;

public sealed class SchedulerLoopTests
{
    [Fact]
    public async Task AT_SCH_20_VolumeOfAPlacedTask_IsPublished_AndUnpublishedWhenItIsFree()
    {
        await using var store = TestStore.Create();
        var task = new SchedulerWorld().TaskOf(change: t => t.Spec.Container.Mounts.Add(
            new Mount { Type = Mount.Types.Type.Cluster, Source = "data", Target = "/data" }));
        await store.CreateAsync(SchedulerWorld.NodeOf("n1"), task);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var loop = new SchedulerLoop(store.Store, TimeProvider.System).RunAsync(1, stop.Token);

        await UntilAsync(store, v => v.Find<SwarmTask>(task.Id)!.Status.Err == "no suitable node (cannot fulfill requested CSI volume mounts on 1 node)");
        await store.CreateAsync(new Volume
        {
            Id = "v1",
            Spec = new VolumeSpec { Annotations = new Annotations { Name = "data" }, AccessMode = new VolumeAccessMode() },
            VolumeInfo = new VolumeInfo { VolumeId = "csi" },
        });
        var view = await UntilAsync(store, v => v.Find<SwarmTask>(task.Id)!.Status.State == TaskState.Assigned);
        Assert.Equal(new VolumeAttachment { Id = "v1", Source = "data", Target = "/data" }, Assert.Single(view.Find<SwarmTask>(task.Id)!.Volumes));
        Assert.Equal(new VolumePublishStatus { NodeId = "n1", State = PublishState.PendingPublish }, Assert.Single(view.Find<Volume>("v1")!.PublishStatus));

        await ChangeAsync<Volume>(store, "v1", v => v.PublishStatus[0].State = PublishState.Published);
        await ChangeAsync<SwarmTask>(store, task.Id, t => t.Status.State = TaskState.Complete);
        await UntilAsync(store, v => v.Find<Volume>("v1")!.PublishStatus[0].State == PublishState.PendingNodeUnpublish);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => loop);
    }

    private static async Task ChangeAsync<T>(TestStore store, string id, Action<T> change)
        where T : class, IStoreObject, Google.Protobuf.IDeepCloneable<T>, new()
    {
        var item = store.Store.Current.Find<T>(id)!.Clone();
        change(item);
        Assert.True((await store.Store.CommitAsync(new StoreTransaction().Update(item), CancellationToken.None)).IsCommitted);
    }

    private static async Task<StoreView> UntilAsync(TestStore store, Func<StoreView, bool> condition)
    {
        var view = store.Store.Current;
        if (condition(view))
        {
            return view;
        }

        await foreach (var batch in store.Store.WatchAsync(view.Version, TestContext.Current.CancellationToken))
        {
            if (condition(batch.View))
            {
                return batch.View;
            }
        }

        throw new InvalidOperationException("the feed has ended");
    }
}
