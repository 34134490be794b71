using DotNext.IO.Log;
using DotNext.Net.Cluster.Consensus.Raft;
using SwarmOrleans.Raft.Engine;

namespace SwarmOrleans.Tests.Silo.Raft.Engine;

public sealed class BoundedReplicationTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(3, null, 3, HeartbeatResult.ReplicatedWithLeaderTerm)]
    [InlineData(20, null, 4, HeartbeatResult.Replicated)]
    [InlineData(1, 7L, 1, HeartbeatResult.Replicated)]
    [InlineData(20, 7L, 20, HeartbeatResult.Replicated)]
    public async Task Answer_CountsOnlyWhenItIsForTheWholeRound(int entries, long? snapshot, int sent, HeartbeatResult counted)
    {
        var follower = new Follower();
        var result = await SendAsync(follower, [.. Enumerable.Repeat(Entry(512 << 10), entries)], snapshot);
        Assert.Equal((sent, counted), (follower.Received, result));
    }

    [Theory]
    [InlineData(HeartbeatResult.Rejected)]
    [InlineData(HeartbeatResult.Replicated)]
    public async Task Answer_ThatIsNotASuccess_StaysWhatItIs(HeartbeatResult answer)
    {
        Assert.Equal(answer, await SendAsync(new Follower(answer), [.. Enumerable.Repeat(Entry(512 << 10), 20)], null));
        Assert.Equal(answer, await SendAsync(new Follower(answer), [Entry(1)], 7));
    }

    [Fact]
    public async Task EntryThatIsLongerThanARequest_GoesAlone()
    {
        var follower = new Follower();
        await SendAsync(follower, [Entry(5 << 20), Entry(1)], null);
        Assert.Equal(1, follower.Received);
    }

    // The log tells replication from other reads by the type of its answer: an engine that answers otherwise would not be bounded at all.
    [Fact]
    public void Engine_ReadsTheLogForReplicationWithThatAnswer() => Assert.Contains(
        typeof(RaftCluster).Assembly.GetTypes().SelectMany(t => t.GetInterfaces()),
        i => i == typeof(ILogEntryConsumer<IRaftLogEntry, Result<ReplicationStatus>>));

    private static BinaryLogEntry Entry(int bytes) => new() { Term = 1, Content = new byte[bytes] };

    private static async Task<HeartbeatResult> SendAsync(Follower follower, BinaryLogEntry[] entries, long? snapshotIndex)
    {
        var replication = new BoundedReplication<Result<ReplicationStatus>>(follower);
        return (await replication.ReadAsync<BinaryLogEntry, BinaryLogEntry[]>(entries, snapshotIndex, Stop)).Value.Result;
    }
}
