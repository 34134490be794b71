using System.Net;
using DotNext.Net.Cluster;
using DotNext.Net.Cluster.Consensus.Raft;
using DotNext.Net.Cluster.Consensus.Raft.StateMachine;
using Microsoft.Extensions.Logging;
using SwarmOrleans.Raft.Engine;
using SwarmOrleans.Raft.Group;
using SwarmOrleans.Raft.Journaling;
using SwarmOrleans.Raft.Snapshots;
using SwarmOrleans.Store.Log;
using NotLeaderException = SwarmOrleans.Store.Log.NotLeaderException;

namespace SwarmOrleans.Raft;

/// <summary>The consensus log on DotNext's Raft engine.</summary>
public sealed partial class RaftLog : IConsensusLog
{
    private readonly RaftLogOptions _options;
    private readonly ILogger _logger;
    private readonly GroupClient _peers;
    private readonly SnapshotFiles _snapshots;
    private readonly ReplicaStateMachine _machine;
    private readonly MemberStorage _members;
    private readonly LogGuard _guard;
    private readonly JournaledLog _wal;
    private readonly RaftCluster _cluster;
    private readonly LeadershipTracker _leadership;
    private readonly BarrierCoalescer _barrier;
    private readonly SemaphoreSlim _membership = new(1);
    private readonly SemaphoreSlim _nudge = new(0);
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    private RaftLog(
        RaftLogOptions options, GroupClient peers, SnapshotFiles snapshots, ReplicaStateMachine machine, MemberStorage members, LogGuard guard, JournaledLog wal)
    {
        _options = options;
        _logger = options.LoggerFactory.CreateLogger<RaftLog>();
        (_peers, _snapshots, _machine, _members, _guard, _wal) = (peers, snapshots, machine, members, guard, wal);
        _cluster = new RaftCluster(Configuration(options, members)) { AuditTrail = _wal };
        _leadership = new LeadershipTracker(_cluster, _wal, options.Address.ToString());
        _barrier = new BarrierCoalescer(ReadIndexOnceAsync);
    }

    /// <inheritdoc />
    public LeadershipState Leadership => _leadership.State;

    /// <inheritdoc />
    public IReadOnlyList<LogMember> Members =>
        [.. _cluster.Members.Select(m => new LogMember(m.EndPoint.ToString()!, !m.IsRemote || m.Status != ClusterMemberStatus.Unavailable))];

    /// <summary>Index of the last entry applied to this replica.</summary>
    public long LastAppliedIndex => _wal.AppliedIndex;

    /// <summary>Fails, with the cause, when the log cannot go on in this process: an entry could not be applied or stored.</summary>
    public Task Failed => _wal.Failed;

    /// <summary>True when the directory holds the log of a member.</summary>
    public static bool Exists(string directory) => File.Exists(Path.Combine(directory, "members"));

    /// <summary>Checks the log, loads the newest snapshot, replays and joins the group.</summary>
    /// <exception cref="LogCorruptException">A file fails its checks.</exception>
    public static async Task<RaftLog> StartAsync(RaftLogOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        Directory.CreateDirectory(options.LogDirectory);
        var peers = new GroupClient(options.Peers);
        var files = new SnapshotFiles(options.SnapshotDirectory);
        var members = new MemberStorage(options.MembersFile);
        var guard = new LogGuard(options.GuardFile);
        RaftLog? log = null;
        var machine = new ReplicaStateMachine(
            options.Consumer, members, files, d => log!.DownloadAsync(d), new SnapshotSchedule(options.SnapshotBytes, options.Address), options.LoggerFactory.CreateLogger<RaftLog>());
        await machine.RestoreAsync(cancellationToken);
        var committed = guard.CommittedIndex;
        var journal = Journal.Open(options.JournalDirectory, machine.Snapshot?.Index ?? 0, machine.Snapshot?.Term ?? 0, committed, out var entries);
        var wal = new JournaledLog(new WriteAheadLog.Options { Location = options.LogDirectory }, machine, journal, entries, committed);
        log = new RaftLog(options, peers, files, machine, members, guard, wal);
        try
        {
            guard.VerifyTerm(((IPersistentState)wal).Term, options.LogDirectory);
            if (options.ForceNewGroup)
            {
                await ForcedGroup.RunAsync(wal, members, options.Address, cancellationToken);
            }
        }
        catch
        {
            await wal.DisposeAsync();
            members.Dispose();
            throw;
        }

        await log.StartAsync(cancellationToken);
        return log;
    }

    /// <inheritdoc />
    public Task<LeadershipState> WaitForChangeAsync(LeadershipState seen, CancellationToken cancellationToken) =>
        _leadership.WaitForChangeAsync(seen, cancellationToken);

    /// <inheritdoc />
    public async ValueTask AppendAsync(long term, ReadOnlyMemory<byte> entry, CancellationToken cancellationToken)
    {
        // The engine checks neither the term it is given nor that it still leads when it appends: the token of exactly this leadership does.
        if (!_leadership.TryGetToken(term, out var leading))
        {
            throw new NotLeaderException($"this member does not lead term {term}");
        }

        using var linked = CancellationTokenSource.CreateLinkedTokenSource(leading, cancellationToken);
        try
        {
            await _cluster.ReplicateAsync(new BinaryLogEntry { Content = entry, Term = term - LeadershipTracker.FirstTerm }, linked.Token);
        }
        catch (Exception e) when (e is NotLeaderException or OperationCanceledException or QuorumUnreachableException or TimeoutException
            or DotNext.Net.Cluster.Consensus.Raft.NotLeaderException or ObjectDisposedException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new OutcomeUnknownException("the leadership ended while the entry was under way", e);
        }

        // Followers learn of the commit with the next request; do not let them wait for a heartbeat.
        if (_nudge.CurrentCount == 0)
        {
            _nudge.Release();
        }
    }

    /// <inheritdoc />
    public async ValueTask SendToLeaderAsync(IReadOnlyList<ReadOnlyMemory<byte>> commands, CancellationToken cancellationToken)
    {
        var leader = Leadership.LeaderAddress ?? throw new NotLeaderException("no leader is known");
        await _peers.ForwardAsync(leader, commands, cancellationToken);
    }

    /// <inheritdoc />
    public async ValueTask ReadBarrierAsync(CancellationToken cancellationToken)
    {
        var leadership = Leadership;
        if (leadership.IsLeader)
        {
            await ReadIndexAsync(cancellationToken);
            return;
        }

        // A follower's own barrier asks the leader for its commit index without proof that it still leads.
        var leader = leadership.LeaderAddress ?? throw new NotLeaderException("no leader is known");
        var index = await _peers.ReadIndexAsync(leader, cancellationToken);
        await _wal.WaitUntilAppliedAsync(index, cancellationToken);
    }

    /// <summary>An index that covers everything committed before the call. On the leader only; one quorum round for all that wait together.</summary>
    /// <exception cref="NotLeaderException">This member does not lead, or has no quorum.</exception>
    public Task<long> ReadIndexAsync(CancellationToken cancellationToken) => _barrier.RunAsync(cancellationToken);

    /// <inheritdoc />
    public async Task AddMemberAsync(LogMember member, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(member);
        var endPoint = IPEndPoint.Parse(member.Address);
        await ChangeMembersAsync(
            async token => _cluster.Members.Any(m => Equals(m.EndPoint, endPoint)) || await _cluster.AddMemberAsync(endPoint, token),
            $"manager {member.Address} could not be reached or did not catch up",
            cancellationToken);
    }

    /// <inheritdoc />
    public async Task RemoveMemberAsync(string address, CancellationToken cancellationToken)
    {
        var endPoint = IPEndPoint.Parse(address);
        if (_cluster.Members.All(m => !Equals(m.EndPoint, endPoint)))
        {
            throw new MembershipChangeException($"{address} is not a member of the group");
        }

        var rest = Members.Where(m => m.Address != address).ToList();
        if (2 * rest.Count(m => m.IsReachable) <= rest.Count)
        {
            throw new MembershipChangeException($"removing {address} would leave the group without a reachable majority");
        }

        await ChangeMembersAsync(
            async token => _cluster.Members.All(m => !Equals(m.EndPoint, endPoint)) || await RemoveAndLookAgainAsync(endPoint, token),
            $"manager {address} could not be removed",
            cancellationToken);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _cluster.StopAsync(CancellationToken.None);
        await _running.ContinueWith(_ => { }, TaskScheduler.Default);
        _leadership.Dispose();
        await _cluster.DisposeAsync();
        _guard.Save(((IPersistentState)_wal).Term, _wal.CommittedIndex);
        await _wal.DisposeAsync();
        await _machine.StopAsync();
        _members.Dispose();
        _stop.Dispose();
    }

    internal FileStream OpenSnapshot(long index, long term) => _snapshots.Open(index, term);

    internal static RaftCluster.CustomTransportConfiguration Configuration(RaftLogOptions options, MemberStorage members) =>
        new(options.Address, options.Listener, options.Connector)
        {
            PublicEndPoint = options.Address,
            ConfigurationStorage = members,
            ColdStart = options.Bootstrap,
            LowerElectionTimeout = options.ElectionTimeoutMs,
            UpperElectionTimeout = 2 * options.ElectionTimeoutMs,
            HeartbeatThreshold = 0.25,
            RequestTimeout = TimeSpan.FromMilliseconds(0.8 * options.ElectionTimeoutMs),
            ConnectTimeout = TimeSpan.FromMilliseconds(0.6 * options.ElectionTimeoutMs),
            WarmupRounds = 100,
            LoggerFactory = options.LoggerFactory,
        };

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        await _cluster.StartAsync(cancellationToken);
        _running = Task.WhenAll(_leadership.RunAsync(_stop.Token), NudgeAsync(_stop.Token), GuardAsync(_stop.Token));
    }

    private async Task<long> ReadIndexOnceAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _cluster.ApplyReadBarrierAsync(ReadBarrierType.Strong, cancellationToken);
            return _wal.AppliedIndex;
        }
        catch (Exception e) when (e is QuorumUnreachableException or DotNext.Net.Cluster.Consensus.Raft.NotLeaderException or TimeoutException)
        {
            throw new NotLeaderException("this member has no quorum", e);
        }
    }

    private async Task ChangeMembersAsync(Func<CancellationToken, Task<bool>> change, string failure, CancellationToken cancellationToken)
    {
        if (!Leadership.IsLeader)
        {
            throw new NotLeaderException("this member does not lead");
        }

        await _membership.WaitAsync(cancellationToken);
        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            patience.CancelAfter(TimeSpan.FromSeconds(30));
            while (!await change(patience.Token))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), patience.Token);
            }
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new MembershipChangeException(failure, e);
        }
        catch (DotNext.Net.Cluster.Consensus.Raft.NotLeaderException e)
        {
            throw new NotLeaderException("this member does not lead any more", e);
        }
        finally
        {
            _membership.Release();
        }
    }

    // The engine answers when the change is committed, a moment before it is applied here.
    private async Task<bool> RemoveAndLookAgainAsync(EndPoint endPoint, CancellationToken cancellationToken)
    {
        await _cluster.RemoveMemberAsync(endPoint, cancellationToken);
        return _cluster.Members.All(m => !Equals(m.EndPoint, endPoint));
    }

    private async Task DownloadAsync(SnapshotDescriptor descriptor)
    {
        var leader = Leadership.LeaderAddress
            ?? throw new NotLeaderException("no leader is known to fetch the snapshot from");
        await _snapshots.ReceiveAsync(
            descriptor,
            (offset, stream, token) => _peers.PullSnapshotAsync(leader, descriptor.Index, descriptor.Term, offset, stream, token),
            _stop.Token);
    }

    private async Task NudgeAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await _nudge.WaitAsync(cancellationToken);
            try
            {
                await _cluster.ForceReplicationAsync(cancellationToken);
            }
            catch (Exception e) when (e is QuorumUnreachableException or InvalidOperationException or TimeoutException)
            {
                LogNudgeFailed(e.Message);
            }
        }
    }

    private async Task GuardAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            _guard.Save(((IPersistentState)_wal).Term, _wal.CommittedIndex);
        }
    }

    [LoggerMessage(2010, LogLevel.Debug, "followers were not told of the commit at once: {Reason}")]
    private partial void LogNudgeFailed(string reason);
}
