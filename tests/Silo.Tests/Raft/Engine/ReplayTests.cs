using System.Net;
using DotNext.Net.Cluster.Consensus.Raft.StateMachine;
using Microsoft.Extensions.Logging.Abstractions;
using SwarmOrleans.Raft.Engine;
using SwarmOrleans.Raft.Journaling;
using SwarmOrleans.Raft.Snapshots;
using SwarmOrleans.Store;
using SwarmOrleans.Store.Log;

namespace SwarmOrleans.Tests.Silo.Raft.Engine;

public sealed class ReplayTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ChangeOfMembersInTheReplayedTail_ReachesTheMembersFile()
    {
        await using var group = new RaftGroup();
        var a = await group.AddAsync("a", bootstrap: true);
        Assert.True((await RaftGroup.CommitAsync(a, "one")).IsCommitted);
        var file = Path.Combine(a.Directory, "members");
        var before = await File.ReadAllBytesAsync(file, Stop);
        var b = await group.AddAsync("b", bootstrap: false);
        await group.JoinAsync(b);
        Assert.True((await RaftGroup.CommitAsync(a, "two")).IsCommitted);
        await group.RemoveAsync(a);
        var after = await File.ReadAllBytesAsync(file, Stop);
        Assert.NotEqual(before, after);

        // A crash between the commit of the change and the writing of the file.
        await File.WriteAllBytesAsync(file, before, Stop);
        await using var store = new SwarmStore(new SwarmStoreOptions { ManagerId = "a", BootId = "again", Keyring = group.Keyring });
        using var members = new MemberStorage(file);
        var machine = new ReplicaStateMachine(
            store, members, new SnapshotFiles(Path.Combine(a.Directory, "snapshots")), _ => Task.CompletedTask, new SnapshotSchedule(16 << 20, new IPEndPoint(IPAddress.Loopback, 1)), NullLogger.Instance);
        var committed = new LogGuard(Path.Combine(a.Directory, "guard")).CommittedIndex;
        var journal = Journal.Open(Path.Combine(a.Directory, "journal"), 0, 0, committed, out var entries);
        await using var log = new JournaledLog(new WriteAheadLog.Options { Location = Path.Combine(a.Directory, "log") }, machine, journal, entries, committed);
        await log.InitializeAsync(Stop);

        Assert.Equal(2, store.Current.Count<Contracts.Service>());
        Assert.Equal(after, await File.ReadAllBytesAsync(file, Stop));
    }
}
