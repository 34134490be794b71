using SwarmOrleans.Contracts;
using SwarmOrleans.Silo.Grains;

namespace SwarmOrleans.Tests.Silo.Grains;

public sealed class TaskGrainTests(OneSilo silo) : IClassFixture<OneSilo>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task WaitForState_AnswersWhenTheTaskHasReachedIt()
    {
        var grain = await TaskAsync("t1");
        var early = await AskedAsync(grain);
        var running = grain.WaitForStateAsync((int)TaskState.Running, Patience);
        var preparing = grain.WaitForStateAsync((int)TaskState.Preparing, Patience);

        await silo.Test.Store.ChangeAsync<SwarmTask>("t1", t => t.Status.State = TaskState.Preparing);
        Assert.Equal((int)TaskState.Preparing, await preparing);
        Assert.False(running.IsCompleted);
        await silo.Test.Store.ChangeAsync<SwarmTask>("t1", t => t.Status.State = TaskState.Failed);

        Assert.Equal([(int)TaskState.Failed, (int)TaskState.Failed], await Task.WhenAll(early, running));
        Assert.Equal((int)TaskState.Failed, await grain.WaitForStateAsync((int)TaskState.Running, Patience));
    }

    [Fact]
    public async Task WaitForState_OfATaskThatIsNotThere_OrThatGoes_AnswersNull()
    {
        Assert.Null(await silo.Cluster.Grains.GetGrain<ITaskGrain>("missing").WaitForStateAsync((int)TaskState.Running, Patience));
        var grain = await TaskAsync("t2");
        var waiting = grain.WaitForStateAsync((int)TaskState.Running, Patience);
        var removed = await silo.Test.Store.CommitAsync(
            new SwarmOrleans.Store.StoreTransaction().Remove<SwarmTask>("t2"), TestContext.Current.CancellationToken);
        Assert.True(removed.IsCommitted);
        Assert.Null(await waiting);
    }

    [Fact]
    public async Task WaitForState_AtTheEndOfPatience_AnswersWhatTheTaskIs()
    {
        var grain = await TaskAsync("t3");
        var patient = await AskedAsync(grain);
        var waiting = grain.WaitForStateAsync((int)TaskState.Running, Patience);
        using var limit = StoreWaits.Limit();
        while (!waiting.IsCompleted)
        {
            limit.Token.ThrowIfCancellationRequested();
            silo.Time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.Equal((int)TaskState.Assigned, await waiting);
        Assert.False(patient.IsCompleted);
        await silo.Test.Store.ChangeAsync<SwarmTask>("t3", t => t.Status.State = TaskState.Running);
        Assert.Equal((int)TaskState.Running, await patient);
    }

    // Somebody who waits for long, and a grain that has been placed: Orleans gives up a placement after a time by the clock that the test moves.
    private static async Task<Task<int?>> AskedAsync(ITaskGrain grain)
    {
        var asked = grain.WaitForStateAsync((int)TaskState.Running, TimeSpan.FromHours(1));
        await grain.WaitForStateAsync((int)TaskState.Assigned, Patience);
        return asked;
    }

    private async Task<ITaskGrain> TaskAsync(string id)
    {
        await silo.Test.CreateAsync(Samples.NewTask(Samples.NewService("web"), id, TaskState.Assigned, "n1"));
        return silo.Cluster.Grains.GetGrain<ITaskGrain>(id);
    }
}
