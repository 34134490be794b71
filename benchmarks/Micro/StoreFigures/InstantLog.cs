using System.Buffers;
using SwarmOrleans.Store.Log;

namespace SwarmOrleans.Benchmarks.Micro.StoreFigures;

/// <summary>A log of one member without disk: what remains is the cost of the store.</summary>
internal sealed class InstantLog(ILogConsumer consumer) : IConsensusLog
{
    public LeadershipState Leadership { get; } = new(1, "local", true);

    public IReadOnlyList<LogMember> Members { get; } = [new LogMember("local")];

    /// <summary>Entries and their bytes so far.</summary>
    public (long Entries, long Bytes) Written { get; private set; }

    public Task<LeadershipState> WaitForChangeAsync(LeadershipState seen, CancellationToken cancellationToken)
    {
        var never = new TaskCompletionSource<LeadershipState>(TaskCreationOptions.RunContinuationsAsynchronously);
        return never.Task.WaitAsync(cancellationToken);
    }

    public ValueTask AppendAsync(long term, ReadOnlyMemory<byte> entry, CancellationToken cancellationToken)
    {
        Written = (Written.Entries + 1, Written.Bytes + entry.Length);
        consumer.Apply(consumer.AppliedIndex + 1, term, new ReadOnlySequence<byte>(entry));
        return ValueTask.CompletedTask;
    }

    public ValueTask SendToLeaderAsync(IReadOnlyList<ReadOnlyMemory<byte>> commands, CancellationToken cancellationToken) =>
        throw new NotLeaderException("there is no other member");

    public ValueTask ReadBarrierAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public Task AddMemberAsync(LogMember member, CancellationToken cancellationToken) =>
        throw new MembershipChangeException("this log has one member");

    public Task RemoveMemberAsync(string address, CancellationToken cancellationToken) =>
        throw new MembershipChangeException("this log has one member");

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
