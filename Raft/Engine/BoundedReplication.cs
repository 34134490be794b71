using System.Collections;
using DotNext.IO.Log;
using DotNext.Net.Cluster.Consensus.Raft;

namespace SwarmOrleans.Raft.Engine;

/// <summary>
/// Sends a follower no more than <paramref name="bound"/> allows in one request: the engine sends all it lacks, and a request that outlives its timeout
/// is begun again from the start. An answer to a part, or to a snapshot, must not count towards the commit index: with four or more
/// members the engine takes the median of the answers so far, which is right only if each is for the whole round.
/// </summary>
internal sealed class BoundedReplication<TResult>(ILogEntryConsumer<IRaftLogEntry, TResult> inner, RequestBound bound)
    : ILogEntryConsumer<IRaftLogEntry, TResult>
{
    public bool LogEntryMetadataOnly => inner.LogEntryMetadataOnly;

    public async ValueTask<TResult> ReadAsync<TEntry, TList>(TList entries, long? snapshotIndex, CancellationToken token)
        where TEntry : IRaftLogEntry
        where TList : IReadOnlyList<TEntry>
    {
        var count = snapshotIndex is null ? Fitting<TEntry, TList>(entries) : entries.Count;
        TResult result;
        try
        {
            result = count < entries.Count
                ? await inner.ReadAsync<TEntry, Prefix<TEntry, TList>>(new Prefix<TEntry, TList>(entries, count), snapshotIndex, token).ConfigureAwait(false)
                : await inner.ReadAsync<TEntry, TList>(entries, snapshotIndex, token).ConfigureAwait(false);
        }
        catch when (count > 1)
        {
            bound.Shrink();
            throw;
        }

        if (count < entries.Count)
        {
            bound.Grow();
        }

        return count < entries.Count || snapshotIndex is not null ? NotCounted(result) : result;
    }

    private int Fitting<TEntry, TList>(TList entries)
        where TEntry : IRaftLogEntry
        where TList : IReadOnlyList<TEntry>
    {
        var bytes = 0L;
        for (var i = 0; i < entries.Count; i++)
        {
            bytes += entries[i].Length ?? 0;
            if (bytes > bound.Bytes && i > 0)
            {
                return i;
            }
        }

        return entries.Count;
    }

    private static TResult NotCounted(TResult result)
    {
        var status = (Result<ReplicationStatus>)(object)result!;
        if (status.Value.Result != HeartbeatResult.ReplicatedWithLeaderTerm)
        {
            return result;
        }

        return (TResult)(object)(status with { Value = status.Value with { Result = HeartbeatResult.Replicated } });
    }

    private readonly struct Prefix<TEntry, TList>(TList list, int count) : IReadOnlyList<TEntry>
        where TEntry : IRaftLogEntry
        where TList : IReadOnlyList<TEntry>
    {
        public int Count => count;

        public TEntry this[int index] => index < count ? list[index] : throw new ArgumentOutOfRangeException(nameof(index));

        public IEnumerator<TEntry> GetEnumerator()
        {
            for (var i = 0; i < count; i++)
            {
                yield return list[i];
            }
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
