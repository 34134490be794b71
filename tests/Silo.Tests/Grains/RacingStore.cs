using System.Collections.Concurrent;
using SwarmOrleans.Store;
using SwarmOrleans.Store.Log;

namespace SwarmOrleans.Tests.Silo.Grains;

/// <summary>A store in which the first commits wait for each other: all of them were decided on the same view.</summary>
internal sealed class RacingStore(ISwarmStore inner, int racers) : ISwarmStore
{
    private readonly TaskCompletionSource _all = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _arrived;

    /// <summary>Outcomes, in order.</summary>
    public ConcurrentQueue<CommitResult> Results { get; } = new();

    public string ManagerId => inner.ManagerId;

    public string BootId => inner.BootId;

    public StoreView Current => inner.Current;

    public LeadershipState Leadership => inner.Leadership;

    public Task<LeadershipState> WaitForLeadershipChangeAsync(LeadershipState seen, CancellationToken cancellationToken) =>
        inner.WaitForLeadershipChangeAsync(seen, cancellationToken);

    public async ValueTask<CommitResult> CommitAsync(StoreTransaction transaction, CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _arrived) == racers)
        {
            _all.SetResult();
        }

        await _all.Task.WaitAsync(cancellationToken);
        var result = await inner.CommitAsync(transaction, cancellationToken);
        Results.Enqueue(result);
        return result;
    }

    public ValueTask<IReadOnlyList<CommitResult>> CommitAllAsync(IReadOnlyList<StoreTransaction> transactions, CancellationToken cancellationToken) =>
        inner.CommitAllAsync(transactions, cancellationToken);

    public ValueTask<CommitResult> ReportStatusAsync(
        string nodeId, string sessionId, IReadOnlyList<TaskStatusReport> reports, CancellationToken cancellationToken) =>
        inner.ReportStatusAsync(nodeId, sessionId, reports, cancellationToken);

    public ValueTask<StoreView> ReadAsync(CancellationToken cancellationToken) => inner.ReadAsync(cancellationToken);

    public IAsyncEnumerable<ChangeBatch> WatchAsync(ulong? afterVersion, CancellationToken cancellationToken) =>
        inner.WatchAsync(afterVersion, cancellationToken);
}
