using Microsoft.Extensions.Time.Testing;
using SwarmOrleans.Contracts;
using SwarmOrleans.Silo.Reconciling;
using SwarmOrleans.Store;
using SwarmOrleans.Testing;

namespace SwarmOrleans.Tests.Silo.Reconciling;

public sealed class NodeRunnerTests
{
    [Fact]
    public async Task OrphansThatCouldNotBeStored_AreTriedAgain()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
        await using var test = TestStore.Create(time);
        var web = Samples.NewService("web");
        await test.CreateAsync(web, Samples.NewNode("n1", NodeStatus.Types.State.Down), Samples.NewTask(web, "t1", TaskState.Running, "n1"));
        time.Advance(TimeSpan.FromHours(25));
        var runner = new NodeRunner(test.Store, time);
        test.Log.LoseLeadership();

        var failing = runner.ReconcileAsync("n1", TestContext.Current.CancellationToken);
        while (!failing.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        // Not "all is well as of this version": it would be forgotten until the next rescan.
        var result = await failing;
        Assert.Equal(0ul, result.Version);
        Assert.True(result.WakeAt <= time.GetUtcNow().AddSeconds(1));
        test.Log.Lead(2);
        result = await runner.ReconcileAsync("n1", TestContext.Current.CancellationToken);
        Assert.True(result.Version > 0);
        Assert.Equal(TaskState.Orphaned, test.Store.Current.Find<SwarmTask>("t1")!.Status.State);
    }
}
