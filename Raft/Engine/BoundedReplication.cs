using DotNext.IO.Log;
using DotNext.Net.Cluster.Consensus.Raft;
using DotNext.Net.Cluster.Consensus.Raft.StateMachine;
using SwarmOrleans.Raft.Journaling;

namespace SwarmOrleans.Raft.Engine;

/// <summary>
/// Sends a follower a part of what it lacks: the engine would send all of it, and a request that outlives its timeout is begun again from the start. The
/// answer to a part, or to a snapshot, must not count towards the commit index: with four or more members the engine takes the median of the answers so
/// far, which is right only if each is for the whole round.
/// </summary>
internal sealed class BoundedReplication<TResult>(ILogEntryConsumer<IRaftLogEntry, TResult> inner, RequestBound bound)
{
    public async ValueTask<TResult> SendAsync(JournalEntry[] entries, bool isWhole, CancellationToken token)
    {
        TResult result;
        try
        {
            result = await inner.ReadAsync<JournalEntry, JournalEntry[]>(entries, null, token).ConfigureAwait(false);
        }
        catch when (entries.Length > 1)
        {
            bound.Shrink();
            throw;
        }

        if (isWhole)
        {
            return result;
        }

        bound.Grow();
        return NotCounted(result);
    }

    public async ValueTask<TResult> SendSnapshotAsync(ISnapshot snapshot, CancellationToken token) =>
        NotCounted(await inner.ReadAsync<ISnapshot, ISnapshot[]>([snapshot], snapshot.Index, token).ConfigureAwait(false));

    private static TResult NotCounted(TResult result)
    {
        var status = (Result<ReplicationStatus>)(object)result!;
        if (status.Value.Result != HeartbeatResult.ReplicatedWithLeaderTerm)
        {
            return result;
        }

        return (TResult)(object)(status with { Value = status.Value with { Result = HeartbeatResult.Replicated } });
    }
}
