using DotNext.Net.Cluster.Consensus.Raft;
using SwarmOrleans.Store.Log;

namespace SwarmOrleans.Raft.Engine;

/// <summary>
/// Pairs each leadership of this member with its term and its token. The term is taken while the engine holds its transition lock: read later
/// it may be one that this member has learnt of but does not lead.
/// </summary>
internal sealed class LeadershipTracker : IDisposable
{
    /// <summary>The engine's first term is 0, which means "any" elsewhere: terms are one higher outside.</summary>
    public const long FirstTerm = 1;

    private readonly RaftCluster _cluster;
    private readonly IPersistentState _state;
    private readonly string _address;
    private readonly Lock _lock = new();
    private TaskCompletionSource _changed = New();
    private LeadershipState _known = LeadershipState.None;
    private CancellationToken _token;
    private long _electedTerm;

    public LeadershipTracker(RaftCluster cluster, IPersistentState state, string address)
    {
        (_cluster, _state, _address) = (cluster, state, address);
        cluster.LeaderChanged += OnLeaderChanged;
    }

    public LeadershipState State => Volatile.Read(ref _known);

    public bool TryGetToken(long term, out CancellationToken token)
    {
        lock (_lock)
        {
            token = _token;
            return _known.IsLeader && _known.Term == term && !token.IsCancellationRequested;
        }
    }

    public async Task<LeadershipState> WaitForChangeAsync(LeadershipState seen, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (_known != seen)
                {
                    return _known;
                }

                changed = _changed.Task;
            }

            await changed.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Follows this member's leaderships until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var token = await _cluster.WaitForLeadershipAsync(cancellationToken);
            if (token.IsCancellationRequested)
            {
                await Task.Delay(5, cancellationToken);
                continue;
            }

            var term = Volatile.Read(ref _electedTerm) + FirstTerm;
            Publish(new LeadershipState(term, _address, true), token);
            var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await using (token.UnsafeRegister(_ => ended.TrySetResult(), null))
            {
                await ended.Task.WaitAsync(cancellationToken);
            }

            lock (_lock)
            {
                if (_known.IsLeader)
                {
                    Publish(new LeadershipState(_known.Term, null, false), default);
                }
            }
        }
    }

    public void Dispose() => _cluster.LeaderChanged -= OnLeaderChanged;

    private void OnLeaderChanged(RaftCluster<RaftClusterMember> cluster, RaftClusterMember? leader)
    {
        if (leader is { IsRemote: false })
        {
            Volatile.Write(ref _electedTerm, _state.Term);
            return;
        }

        Publish(new LeadershipState(_state.Term + FirstTerm, leader?.EndPoint.ToString(), false), default);
    }

    private void Publish(LeadershipState state, CancellationToken token)
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            Volatile.Write(ref _known, state);
            _token = token;
            changed = _changed;
            _changed = New();
        }

        changed.TrySetResult();
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
