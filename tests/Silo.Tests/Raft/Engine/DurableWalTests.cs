using DotNext.IO.Log;
using DotNext.Net.Cluster.Consensus.Raft;
using SwarmOrleans.Raft;
using SwarmOrleans.Raft.Engine;

namespace SwarmOrleans.Tests.Silo.Raft.Engine;

public sealed class DurableWalTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AppendOfAFollower_IsOnDiskBeforeItReturns()
    {
        using var directory = new TemporaryDirectory();
        await using var wal = new DurableWal(RaftLog.WalOptions(directory.Path), new InspectionMachine(null));
        await wal.InitializeAsync(Stop);
        IAuditTrail<IRaftLogEntry> trail = wal;
        for (var start = 1; start <= 21; start += 5)
        {
            var entries = Enumerable.Repeat(LogFiles.Entry(1), 5).ToArray();
            await trail.AppendAsync(new LogEntryProducer<BinaryLogEntry>(entries), start, skipCommitted: false, Stop);
            Assert.Equal(start + 4, LogFiles.LastIndexOnDisk(directory.Path));
        }
    }

    [Fact]
    public async Task ReplicationOfAPart_ThroughTheLog_IsNotCounted()
    {
        using var directory = new TemporaryDirectory();
        await using var wal = new DurableWal(RaftLog.WalOptions(directory.Path), new InspectionMachine(null));
        await wal.InitializeAsync(Stop);
        for (var i = 0; i < 3; i++)
        {
            await wal.AppendAsync(new BinaryLogEntry { Term = 1, Content = new byte[3 << 19] }, Stop);
        }

        IAuditTrail<IRaftLogEntry> trail = wal;
        var follower = new Follower();
        var part = await trail.ReadAsync(follower, 1, 3, Stop);
        Assert.Equal((1, HeartbeatResult.Replicated), (follower.Received, part.Value.Result));
        var rest = await trail.ReadAsync(follower, 3, 3, Stop);
        Assert.Equal((1, HeartbeatResult.ReplicatedWithLeaderTerm), (follower.Received, rest.Value.Result));
    }
}
