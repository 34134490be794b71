using System.Buffers;
using SwarmOrleans.Contracts;
using SwarmOrleans.Store.Log;

namespace SwarmOrleans.Tests.Simulation.Consensus;

/// <summary>One member's end of a <see cref="SimGroup"/>.</summary>
internal sealed class SimLog(SimGroup group, string address) : IConsensusLog
{
    private const int MaxApplied = 64;

    private readonly CancellationTokenSource _stop = new();
    private TaskCompletionSource _changed = New();
    private TaskCompletionSource _applied = New();
    private ILogConsumer? _consumer;
    private bool _applying;

    public string Address => address;

    public bool IsUp { get; private set; }

    public LeadershipState Leadership { get; private set; } = LeadershipState.None;

    public IReadOnlyList<LogMember> Members => [.. group.Members.Select(m => new LogMember(m.Address, group.Connected(this, m)))];

    /// <summary>Starts applying to <paramref name="consumer"/>, from after what it holds already.</summary>
    public void Start(ILogConsumer consumer)
    {
        _consumer = consumer;
        IsUp = true;
        group.Join(this);
        Wake();
    }

    public void Stop()
    {
        IsUp = false;
        _stop.Cancel();
        Publish(new LeadershipState(Leadership.Term, null, false));
    }

    public async Task<LeadershipState> WaitForChangeAsync(LeadershipState seen, CancellationToken cancellationToken)
    {
        while (ReferenceEquals(Leadership, seen) || Leadership == seen)
        {
            await _changed.Task.OrCancelledAsync(cancellationToken);
        }

        return Leadership;
    }

    public async ValueTask AppendAsync(long term, ReadOnlyMemory<byte> entry, CancellationToken cancellationToken)
    {
        ThrowIfNotLeading(term);
        var payload = entry.ToArray();
        await group.WireAsync(_stop.Token);
        if (group.Leader != this || group.Term != term || !group.HasMajority(this))
        {
            // Some followers have it: the next leader may or may not complete it.
            if (group.Random.Next(2) == 0)
            {
                group.Commit(term, payload);
            }

            throw new OutcomeUnknownException("the leadership ended while the entry was under way");
        }

        var index = group.Commit(term, payload);
        if (group.Random.NextDouble() < group.Faults.Loss)
        {
            throw new OutcomeUnknownException("the answers were lost");
        }

        await WaitForApplyAsync(index, cancellationToken);
    }

    public async ValueTask SendToLeaderAsync(IReadOnlyList<ReadOnlyMemory<byte>> commands, CancellationToken cancellationToken)
    {
        var copies = commands.Select(c => (ReadOnlyMemory<byte>)c.ToArray()).ToList();
        await group.WireAsync(_stop.Token);
        var leader = group.Leader;
        if (leader is null || !group.Connected(this, leader) || group.Random.NextDouble() < group.Faults.Loss)
        {
            throw new NotLeaderException("no leader can be reached");
        }

        if (!leader._consumer!.Submit(copies))
        {
            throw new NotLeaderException("the leader does not take it");
        }

        if (group.Random.NextDouble() < group.Faults.Loss)
        {
            throw new NotLeaderException("the leader's answer was lost");
        }
    }

    public async ValueTask ReadBarrierAsync(CancellationToken cancellationToken)
    {
        await group.WireAsync(_stop.Token);
        var leader = group.Leader;
        if (leader is null || !group.Connected(this, leader) || !group.HasMajority(leader))
        {
            throw new NotLeaderException("no leader with a quorum");
        }

        await WaitForApplyAsync(group.Committed.Count, cancellationToken);
    }

    public Task AddMemberAsync(LogMember member, CancellationToken cancellationToken) =>
        throw new MembershipChangeException("members of a simulated group are set by the scenario");

    public Task RemoveMemberAsync(string address, CancellationToken cancellationToken) =>
        throw new MembershipChangeException("members of a simulated group are set by the scenario");

    public ValueTask DisposeAsync()
    {
        _stop.Dispose();
        return ValueTask.CompletedTask;
    }

    public void Publish(LeadershipState state)
    {
        Leadership = state;
        var changed = _changed;
        _changed = New();
        changed.TrySetResult();
    }

    /// <summary>A new leader first applies everything that earlier terms committed.</summary>
    public async Task TakeOverAsync(long term)
    {
        try
        {
            await WaitForApplyAsync(group.Committed.Count, CancellationToken.None);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        if (group.Leader != this || group.Term != term)
        {
            return;
        }

        group.LeaderIsReady();
    }

    /// <summary>There may be something to apply.</summary>
    public void Wake()
    {
        if (IsUp && !_applying)
        {
            _ = ApplyAsync();
        }
    }

    private async Task ApplyAsync()
    {
        _applying = true;
        while (IsUp && _consumer!.AppliedIndex < group.Committed.Count)
        {
            var leader = group.Leader;
            if (leader is not null && !group.Connected(this, leader))
            {
                break;
            }

            if (leader != this)
            {
                await group.WireAsync(CancellationToken.None);
            }

            if (!IsUp)
            {
                break;
            }

            // What has come meanwhile comes in one message.
            for (var taken = 0; taken < MaxApplied && _consumer.AppliedIndex < group.Committed.Count; taken++)
            {
                var entry = group.Committed[(int)_consumer.AppliedIndex];
                _consumer.Apply(_consumer.AppliedIndex + 1, entry.Term, new ReadOnlySequence<byte>(entry.Payload));
            }

            var applied = _applied;
            _applied = New();
            applied.TrySetResult();
        }

        _applying = false;
    }

    private async Task WaitForApplyAsync(long index, CancellationToken cancellationToken)
    {
        while (_consumer!.AppliedIndex < index)
        {
            using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stop.Token);
            await _applied.Task.OrCancelledAsync(linked.Token);
        }
    }

    private void ThrowIfNotLeading(long term)
    {
        if (!IsUp || group.Leader != this || group.Term != term)
        {
            throw new NotLeaderException("this member does not lead that term");
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
