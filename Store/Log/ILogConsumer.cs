using System.Buffers;

namespace SwarmOrleans.Store.Log;

/// <summary>The replica's side of the log. Calls to <see cref="Apply"/> and <see cref="InstallAsync"/> never overlap.</summary>
public interface ILogConsumer
{
    /// <summary>Index of the last entry applied, the one of an installed snapshot included.</summary>
    long AppliedIndex { get; }

    /// <summary>
    /// Applies one committed entry. Deterministic; never throws on data: an entry that this member cannot read (an unknown key id, say) stops the process.
    /// </summary>
    /// <param name="index">Log index, above the last; those between them held nothing for the replica.</param>
    /// <param name="term">Term in which the entry was appended.</param>
    /// <param name="entry">The payload; valid during the call only.</param>
    void Apply(long index, long term, ReadOnlySequence<byte> entry);

    /// <summary>Queues commands that another member forwarded. Called on the leader only; returns at once.</summary>
    /// <returns>False when this replica does not lead or its queue is full; the sender tries again.</returns>
    bool Submit(IReadOnlyList<ReadOnlyMemory<byte>> commands);

    /// <summary>Captures the state for a snapshot at once, without copying; writing it happens in the background while apply goes on.</summary>
    ILogSnapshot Capture();

    /// <summary>Replaces the whole state by a snapshot that another member wrote.</summary>
    /// <param name="index">Log index that the snapshot covers.</param>
    /// <param name="snapshot">The bytes that <see cref="ILogSnapshot.WriteAsync"/> wrote there.</param>
    /// <param name="cancellationToken">Gives up; the state is then unchanged.</param>
    ValueTask InstallAsync(long index, Stream snapshot, CancellationToken cancellationToken);
}

/// <summary>A captured state.</summary>
public interface ILogSnapshot
{
    /// <summary>Index of the last entry that the state contains.</summary>
    long Index { get; }

    /// <summary>Writes the state, encrypted and with checksums.</summary>
    ValueTask WriteAsync(Stream destination, CancellationToken cancellationToken);
}
