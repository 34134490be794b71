using DotNext.IO.Log;
using DotNext.Net.Cluster.Consensus.Raft;
using SwarmOrleans.Raft.Engine;
using SwarmOrleans.Raft.Journaling;
using SwarmOrleans.Raft.Snapshots;

namespace SwarmOrleans.Tests.Silo.Raft.Engine;

public sealed class BoundedReplicationTests
{
    private static readonly JournalEntry[] Entries = [new(1, 1, null, false, new byte[10]), new(2, 1, null, false, new byte[10])];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true, HeartbeatResult.ReplicatedWithLeaderTerm, HeartbeatResult.ReplicatedWithLeaderTerm)]
    [InlineData(false, HeartbeatResult.ReplicatedWithLeaderTerm, HeartbeatResult.Replicated)]
    [InlineData(false, HeartbeatResult.Rejected, HeartbeatResult.Rejected)]
    [InlineData(false, HeartbeatResult.Replicated, HeartbeatResult.Replicated)]
    public async Task Answer_CountsOnlyWhenItIsForTheWholeRound(bool isWhole, HeartbeatResult answer, HeartbeatResult counted)
    {
        var sent = await Replication(new Follower(answer)).SendAsync(Entries, isWhole, Stop);
        Assert.Equal(counted, sent.Value.Result);
    }

    [Fact]
    public async Task AnswerToASnapshot_IsNotCounted()
    {
        var sent = await Replication(new Follower()).SendSnapshotAsync(new SnapshotDescriptor(7, 1, 100, "00"), Stop);
        Assert.Equal(HeartbeatResult.Replicated, sent.Value.Result);
    }

    [Fact]
    public async Task RequestThatFails_MakesTheNextOnesSmaller_AndPartsThatArriveMakeThemLarger()
    {
        var bound = new RequestBound();
        var failing = new BoundedReplication<Result<ReplicationStatus>>(new Broken(), bound);
        for (var i = 0; i < 3; i++)
        {
            await Assert.ThrowsAsync<TimeoutException>(async () => await failing.SendAsync(Entries, false, Stop));
        }

        Assert.Equal(RequestBound.MaxBytes / 8, bound.Bytes);
        await new BoundedReplication<Result<ReplicationStatus>>(new Follower(), bound).SendAsync(Entries, false, Stop);
        Assert.Equal((RequestBound.MaxBytes / 8) + RequestBound.MinBytes, bound.Bytes);
    }

    // The log tells replication from other reads by the type of its answer: an engine that answers otherwise would not be bounded at all.
    [Fact]
    public void Engine_ReadsTheLogForReplicationWithThatAnswer() => Assert.Contains(
        typeof(RaftCluster).Assembly.GetTypes().SelectMany(t => t.GetInterfaces()),
        i => i == typeof(ILogEntryConsumer<IRaftLogEntry, Result<ReplicationStatus>>));

    private static BoundedReplication<Result<ReplicationStatus>> Replication(Follower follower) => new(follower, new RequestBound());

    private sealed class Broken : ILogEntryConsumer<IRaftLogEntry, Result<ReplicationStatus>>
    {
        public ValueTask<Result<ReplicationStatus>> ReadAsync<TEntry, TList>(TList entries, long? snapshotIndex, CancellationToken token)
            where TEntry : IRaftLogEntry
            where TList : IReadOnlyList<TEntry> => throw new TimeoutException();
    }
}
