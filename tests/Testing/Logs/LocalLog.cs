using System.Buffers;
using SwarmOrleans.Contracts;
using SwarmOrleans.Store.Log;

namespace SwarmOrleans.Testing;

/// <summary>A log of one member that applies at once: for tests of what sits on a store. <see cref="Entries"/> can be replayed elsewhere.</summary>
public sealed class LocalLog : IConsensusLog
{
    private readonly Lock _lock = new();
    private TaskCompletionSource _changed = New();
    private ILogConsumer? _consumer;

    public LeadershipState Leadership { get; private set; } = LeadershipState.None;

    public IReadOnlyList<LogMember> Members { get; private set; } = [new LogMember("local")];

    /// <summary>Payloads in the order in which they were applied.</summary>
    public List<(long Term, byte[] Payload)> Entries { get; } = [];

    /// <summary>If set, asked before an entry is appended; what it throws reaches the proposer.</summary>
    public Func<Exception?>? BeforeAppend { get; set; }

    /// <summary>If set, asked after an entry was applied; what it throws reaches the proposer, as if the answer had been lost.</summary>
    public Func<Exception?>? AfterAppend { get; set; }

    public void Start(ILogConsumer consumer)
    {
        _consumer = consumer;
        Lead(1);
    }

    /// <summary>Begins a leadership of this member.</summary>
    public void Lead(long term) => Publish(new LeadershipState(term, "local", true));

    /// <summary>Ends it.</summary>
    public void LoseLeadership() => Publish(new LeadershipState(Leadership.Term, null, false));

    public Task<LeadershipState> WaitForChangeAsync(LeadershipState seen, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return Leadership == seen ? WaitAsync(_changed.Task, cancellationToken) : Task.FromResult(Leadership);
        }
    }

    public ValueTask AppendAsync(long term, ReadOnlyMemory<byte> entry, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (!Leadership.IsLeader || Leadership.Term != term)
            {
                throw new NotLeaderException("this member does not lead that term");
            }

            if (BeforeAppend?.Invoke() is { } before)
            {
                throw before;
            }

            var payload = entry.ToArray();
            Entries.Add((term, payload));
            _consumer!.Apply(_consumer.AppliedIndex + 1, term, new ReadOnlySequence<byte>(payload));
            return AfterAppend?.Invoke() is { } after ? ValueTask.FromException(after) : ValueTask.CompletedTask;
        }
    }

    public ValueTask SendToLeaderAsync(IReadOnlyList<ReadOnlyMemory<byte>> commands, CancellationToken cancellationToken) =>
        throw new NotLeaderException("there is no other member");

    public ValueTask ReadBarrierAsync(CancellationToken cancellationToken) =>
        Leadership.IsLeader ? ValueTask.CompletedTask : throw new NotLeaderException("no leader");

    public Task AddMemberAsync(LogMember member, CancellationToken cancellationToken)
    {
        Members = [.. Members, member];
        return Task.CompletedTask;
    }

    public Task RemoveMemberAsync(string address, CancellationToken cancellationToken)
    {
        Members = [.. Members.Where(m => m.Address != address)];
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task<LeadershipState> WaitAsync(Task changed, CancellationToken cancellationToken)
    {
        await changed.OrCancelledAsync(cancellationToken);
        return Leadership;
    }

    private void Publish(LeadershipState state)
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            Leadership = state;
            changed = _changed;
            _changed = New();
        }

        changed.TrySetResult();
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
