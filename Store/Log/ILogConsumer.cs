using System.Buffers;

namespace SwarmOrleans.Store.Log;

/// <summary>The replica's side of the log. Calls to <see cref="Apply"/> and <see cref="Install"/> never overlap.</summary>
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

    /// <summary>
    /// Reads a snapshot that a member wrote, in the caller's own time: a large one takes seconds, and whoever installs it has a fraction of one.
    /// May overlap <see cref="Apply"/>.
    /// </summary>
    /// <param name="index">Log index that the snapshot covers.</param>
    /// <param name="snapshot">The bytes that <see cref="ILogSnapshot.WriteAsync"/> wrote there.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="InvalidDataException">The snapshot is damaged or is of another entry.</exception>
    ValueTask<IPreparedSnapshot> PrepareAsync(long index, Stream snapshot, CancellationToken cancellationToken);

    /// <summary>Replaces the whole state by what <see cref="PrepareAsync"/> read.</summary>
    void Install(IPreparedSnapshot prepared);
}

/// <summary>A snapshot in memory, ready to become the state.</summary>
public interface IPreparedSnapshot
{
    /// <summary>Log index that the snapshot covers.</summary>
    long Index { get; }
}

/// <summary>A captured state.</summary>
public interface ILogSnapshot
{
    /// <summary>Index of the last entry that the state contains.</summary>
    long Index { get; }

    /// <summary>Writes the state, encrypted and with checksums.</summary>
    ValueTask WriteAsync(Stream destination, CancellationToken cancellationToken);
}
