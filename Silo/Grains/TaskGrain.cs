using Orleans;
using Orleans.Concurrency;
using Orleans.Placement;
using SwarmOrleans.Contracts;
using SwarmOrleans.Store;

namespace SwarmOrleans.Silo.Grains;

// One asker must not wait for the end of another's wait.
[PreferLocalPlacement, Reentrant]
internal sealed class TaskGrain(ISwarmStore store, TimeProvider time) : Grain, ITaskGrain
{
    private int _askers;

    public async Task<int?> WaitForStateAsync(int state, TimeSpan patience)
    {
        _askers++;
        try
        {
            return await FollowAsync(state, patience);
        }
        finally
        {
            if (--_askers == 0)
            {
                DeactivateOnIdle();
            }
        }
    }

    private async Task<int?> FollowAsync(int state, TimeSpan patience)
    {
        var id = this.GetPrimaryKeyString();
        var view = store.Current;
        if (view.Find<SwarmTask>(id) is not { } task || (int)task.Status.State >= state)
        {
            return (int?)view.Find<SwarmTask>(id)?.Status.State;
        }

        using var limit = new CancellationTokenSource(patience, time);
        try
        {
            await foreach (var batch in store.WatchAsync(view.Version, limit.Token))
            {
                if (batch.View.Find<SwarmTask>(id) is not { } now || (int)now.Status.State >= state)
                {
                    break;
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or CompactedException)
        {
            // Answer what is known now; the asker asks again if it wants more.
        }

        return (int?)store.Current.Find<SwarmTask>(id)?.Status.State;
    }
}
