using System.Buffers;
using SwarmOrleans.Store;
using SwarmOrleans.Store.Log;

namespace SwarmOrleans.Tests.Unit.Store;

/// <summary>
/// A log whose entries reach a leading store and a following one. Entries wait at a gate while it is closed; what the follower sends can be lost.
/// </summary>
internal sealed class PairLog(bool isLeader) : IConsensusLog
{
    private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public List<byte[]> Entries { get; } = [];

    /// <summary>The replicas that an entry is applied to, in order.</summary>
    public List<SwarmStore> Replicas { get; } = [];

    public Task Gate { get; set; } = Task.CompletedTask;

    /// <summary>Completes when the first entry is at the gate.</summary>
    public Task Entered => _entered.Task;

    /// <summary>How many of the next sendings to the leader vanish, or fail with this exception.</summary>
    public Queue<Exception?> Losses { get; } = [];

    public int Sendings { get; private set; }

    public LeadershipState Leadership { get; } = new(1, "leader:1", isLeader);

    public IReadOnlyList<LogMember> Members => [];

    public Task<LeadershipState> WaitForChangeAsync(LeadershipState seen, CancellationToken cancellationToken) =>
        Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken).ContinueWith(_ => seen, cancellationToken, TaskContinuationOptions.None, TaskScheduler.Default);

    public async ValueTask AppendAsync(long term, ReadOnlyMemory<byte> entry, CancellationToken cancellationToken)
    {
        _entered.TrySetResult();
        await Gate.WaitAsync(cancellationToken);
        Entries.Add(entry.ToArray());
        foreach (var replica in Replicas)
        {
            replica.Apply(replica.AppliedIndex + 1, term, new ReadOnlySequence<byte>(entry.ToArray()));
        }
    }

    public ValueTask SendToLeaderAsync(IReadOnlyList<ReadOnlyMemory<byte>> commands, CancellationToken cancellationToken)
    {
        Sendings++;
        if (!Losses.TryDequeue(out var loss))
        {
            Replicas[0].Submit(commands);
        }

        return loss is null ? ValueTask.CompletedTask : ValueTask.FromException(loss);
    }

    public ValueTask ReadBarrierAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public Task AddMemberAsync(LogMember member, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task RemoveMemberAsync(string address, CancellationToken cancellationToken) => Task.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
