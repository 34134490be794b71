using System.Net;
using DotNext.IO.Log;
using DotNext.Net.Cluster.Consensus.Raft;
using DotNext.Net.Cluster.Consensus.Raft.StateMachine;
using Microsoft.Extensions.Logging.Abstractions;
using SwarmOrleans.Raft.Engine;
using SwarmOrleans.Raft.Journaling;
using SwarmOrleans.Raft.Snapshots;
using SwarmOrleans.Store;

namespace SwarmOrleans.Tests.Silo.Raft.Engine;

public sealed class JournaledLogTests : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly MemberStorage _members;
    private readonly SwarmStore _store = new(new SwarmStoreOptions { ManagerId = "a", BootId = "boot", Keyring = Keyring.Generate() });
    private readonly JournaledLog _log;

    public JournaledLogTests()
    {
        _members = new MemberStorage(Path.Combine(_directory.Path, "members"));
        var machine = new ReplicaStateMachine(
            _store, _members, new SnapshotFiles(_directory.Sub("snapshots")), _ => Task.CompletedTask, new SnapshotSchedule(16 << 20, new IPEndPoint(IPAddress.Loopback, 1)), NullLogger.Instance);
        var journal = Journal.Open(_directory.Sub("journal"), 0, 0, 0, out var entries);
        _log = new JournaledLog(new WriteAheadLog.Options { Location = _directory.Sub("log") }, machine, journal, entries, 0);
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private IAuditTrail<IRaftLogEntry> Trail => _log;

    public async ValueTask DisposeAsync()
    {
        await _log.DisposeAsync();
        await _store.DisposeAsync();
        _members.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task AppendOfAFollower_IsOnDiskBeforeItReturns()
    {
        for (var start = 1; start <= 21; start += 5)
        {
            await FollowAsync(start, 1, 1, 1, 1, 1);
            Assert.Equal(start + 4, OnDisk().Last().Index);
        }
    }

    [Fact]
    public async Task EntriesOfAnotherLeader_ReplaceWhatFollows_AndTheSameOnesChangeNothing()
    {
        await FollowAsync(1, 1, 1, 1, 1);
        await FollowAsync(2, 1);
        Assert.Equal([1L, 1, 1, 1], OnDisk().Select(e => e.Term));
        await FollowAsync(3, 2);
        Assert.Equal([1L, 1, 2], OnDisk().Select(e => e.Term));
        Assert.Equal(3, Trail.LastEntryIndex);
    }

    [Fact]
    public async Task Commit_GoesNoFurtherThanTheLeadersLogIsKnownToBeThisOne()
    {
        await FollowAsync(1, 1, 1, 1, 1);
        await FollowAsync(2, 1);
        await Trail.CommitAsync(4, Stop);
        Assert.Equal(2, Trail.LastCommittedEntryIndex);
        await FollowAsync(5);
        await Trail.CommitAsync(4, Stop);
        Assert.Equal(4, Trail.LastCommittedEntryIndex);
    }

    [Fact]
    public async Task CommitOfALeader_IsOnDisk()
    {
        var index = await Trail.AppendAsync(Entry(1), Stop);
        await Trail.CommitAsync(index, Stop);
        Assert.Equal(index, OnDisk().Last().Index);
    }

    [Fact]
    public async Task ReplicationOfAPart_IsNotCounted()
    {
        for (var i = 0; i < 3; i++)
        {
            await Trail.AppendAsync(new BinaryLogEntry { Term = 1, Content = new byte[3 << 19] }, Stop);
        }

        var follower = new Follower();
        var part = await Trail.ReadAsync(follower, 1, 3, Stop);
        Assert.Equal((1, HeartbeatResult.Replicated), (follower.Received, part.Value.Result));
        var rest = await Trail.ReadAsync(follower, 3, 3, Stop);
        Assert.Equal((1, HeartbeatResult.ReplicatedWithLeaderTerm), (follower.Received, rest.Value.Result));
    }

    // No payload: nothing is applied to the store, which could not read it.
    private static BinaryLogEntry Entry(long term) => new() { Term = term, Content = ReadOnlyMemory<byte>.Empty };

    private ValueTask FollowAsync(long start, params long[] terms) =>
        Trail.AppendAsync(new LogEntryProducer<BinaryLogEntry>([.. terms.Select(Entry)]), start, skipCommitted: true, Stop);

    private List<JournalEntry> OnDisk() => JournalCopy.Read(Path.Combine(_directory.Path, "journal"));
}
