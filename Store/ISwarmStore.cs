using SwarmOrleans.Contracts;
using SwarmOrleans.Store.Log;

namespace SwarmOrleans.Store;

/// <summary>One manager's replica of the swarm's state: free local reads, transactions decided by the log, and a change feed.</summary>
public interface ISwarmStore
{
    /// <summary>Node id of this manager, the origin of its proposals.</summary>
    string ManagerId { get; }

    /// <summary>Random id of this start of the manager.</summary>
    string BootId { get; }

    /// <summary>The replica now. Immutable, lock-free, may be behind the leader.</summary>
    StoreView Current { get; }

    /// <summary>Who leads, as this manager knows it.</summary>
    LeadershipState Leadership { get; }

    /// <summary>Completes as soon as <see cref="Leadership"/> differs from <paramref name="seen"/>.</summary>
    Task<LeadershipState> WaitForLeadershipChangeAsync(LeadershipState seen, CancellationToken cancellationToken);

    /// <summary>
    /// Proposes a transaction, on any manager. Returns after this manager's replica has applied it, so that <see cref="Current"/> shows it.
    /// Waits out elections up to the store's commit deadline (10 s by default), then answers <see cref="CommitOutcome.Unknown"/> or
    /// <see cref="CommitOutcome.Unavailable"/>; never throws for the state of the group.
    /// </summary>
    ValueTask<CommitResult> CommitAsync(StoreTransaction transaction, CancellationToken cancellationToken);

    /// <summary>
    /// Proposes independent transactions together (as one command, or several in series when they are more than 512 KiB); each gets its own
    /// outcome and they are decided in order.
    /// </summary>
    ValueTask<IReadOnlyList<CommitResult>> CommitAllAsync(IReadOnlyList<StoreTransaction> transactions, CancellationToken cancellationToken);

    /// <summary>
    /// Stores task states that a node reported. An item is accepted if the task is assigned to the node, the node's session row names
    /// <paramref name="sessionId"/>, and the state is not lower than the stored one (TM-1); else that item alone is dropped.
    /// </summary>
    /// <returns>Outcome of the command as a whole; dropped items do not make it a conflict.</returns>
    ValueTask<CommitResult> ReportStatusAsync(
        string nodeId, string sessionId, IReadOnlyList<TaskStatusReport> reports, CancellationToken cancellationToken);

    /// <summary>A linearizable view: contains every write that was acknowledged, by any manager, before the call.</summary>
    /// <exception cref="NotLeaderException">No leader with a quorum could be reached.</exception>
    ValueTask<StoreView> ReadAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Changes after <paramref name="afterVersion"/>, in order and without gaps; null means from now on (after <see cref="Current"/>).
    /// A slow reader never slows a writer: when the ring has moved on, the enumeration throws <see cref="CompactedException"/>.
    /// </summary>
    IAsyncEnumerable<ChangeBatch> WatchAsync(ulong? afterVersion, CancellationToken cancellationToken);
}

/// <summary>One task's state as its node reported it.</summary>
/// <param name="TaskId">The task.</param>
/// <param name="Status">The state; <c>applied_by</c> and <c>applied_at</c> are set by the store.</param>
public sealed record TaskStatusReport(string TaskId, SwarmTaskStatus Status);
