using DotNext.IO.Log;
using DotNext.Net.Cluster.Consensus.Raft;

namespace SwarmOrleans.Tests.Silo.Raft.Engine;

/// <summary>A follower as the leader's replication sees it: it takes whatever it is sent and says so.</summary>
internal sealed class Follower(HeartbeatResult answer = HeartbeatResult.ReplicatedWithLeaderTerm) : ILogEntryConsumer<IRaftLogEntry, Result<ReplicationStatus>>
{
    /// <summary>Entries in the last request.</summary>
    public int Received { get; private set; }

    public bool LogEntryMetadataOnly => false;

    public ValueTask<Result<ReplicationStatus>> ReadAsync<TEntry, TList>(TList entries, long? snapshotIndex, CancellationToken token)
        where TEntry : IRaftLogEntry
        where TList : IReadOnlyList<TEntry>
    {
        Received = entries.Count;
        return new(default(Result<ReplicationStatus>) with { Term = 1, Value = default(ReplicationStatus) with { Result = answer } });
    }
}
