using SwarmOrleans.Contracts;
using SwarmOrleans.Silo.Grains;

namespace SwarmOrleans.Tests.Silo.Grains;

public sealed class NodeGrainTests(OneSilo silo) : IClassFixture<OneSilo>
{
    [Fact]
    public async Task NodeDownForADay_ItsTasksAreOrphaned_AndNotBefore()
    {
        var web = Samples.NewService("web");
        await silo.Test.CreateAsync(
            web,
            Samples.NewNode("n1", NodeStatus.Types.State.Down),
            Samples.NewNode("n2"),
            Samples.NewTask(web, "running", TaskState.Running, "n1"),
            Samples.NewTask(web, "assigned", TaskState.Assigned, "n1"),
            Samples.NewTask(web, "failed", TaskState.Failed, "n1"),
            Samples.NewTask(web, "elsewhere", TaskState.Running, "n2"));
        var since = silo.Time.GetUtcNow();
        var grain = silo.Cluster.Grains.GetGrain<INodeGrain>("n1");

        silo.Time.Advance(TimeSpan.FromHours(23));
        var early = await grain.ReconcileAsync();
        Assert.Equal((silo.Test.Store.Current.Version, since.AddHours(24)), (early.Version, early.WakeAt));
        Assert.Equal(TaskState.Running, State("running"));

        silo.Time.Advance(TimeSpan.FromHours(1));
        Assert.Null((await grain.ReconcileAsync()).WakeAt);
        await silo.Cluster.Grains.GetGrain<INodeGrain>("n2").ReconcileAsync();
        Assert.Equal(
            [TaskState.Orphaned, TaskState.Orphaned, TaskState.Failed, TaskState.Running],
            new[] { "running", "assigned", "failed", "elsewhere" }.Select(State));
    }

    private TaskState State(string taskId) => silo.Test.Store.Current.Find<SwarmTask>(taskId)!.Status.State;
}
