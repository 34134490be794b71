using System.Buffers.Binary;
using DotNext.IO.Log;
using DotNext.Net.Cluster.Consensus.Raft.StateMachine;
using SwarmOrleans.Store.Log;

namespace SwarmOrleans.Raft.Engine;

/// <summary>
/// Reads the whole log before it is used. Checksums are verified then, and a stale tail is cut: when a crash hits while a follower overwrites a
/// conflicting tail, entries of an older term can stay behind the new ones.
/// </summary>
internal static class LogInspection
{
    private const int CheckpointLength = 20;
    private const int LastIndexOffset = 12;

    /// <exception cref="LogCorruptException">A file fails its checks.</exception>
    public static async Task RunAsync(WriteAheadLog.Options options, LogGuard guard, ISnapshot? snapshot, CancellationToken cancellationToken)
    {
        var snapshotIndex = snapshot?.Index ?? 0;
        while (true)
        {
            long? cut;
            try
            {
                await using var wal = new WriteAheadLog(options, new InspectionMachine(snapshot));
                await wal.InitializeAsync(cancellationToken);
                guard.Verify(wal, options.Location);
                cut = await FindStaleTailAsync(wal, snapshotIndex, cancellationToken);
            }
            catch (Exception e) when (e is IntegrityException or WriteAheadLog.InternalException)
            {
                throw new LogCorruptException(options.Location, -1, $"a page of the log fails its checksum ({e.GetBaseException().Message})", e);
            }

            if (cut is null)
            {
                return;
            }

            CutAt(Path.Combine(options.Location, "checkpoint"), cut.Value);
        }
    }

    private static async Task<long?> FindStaleTailAsync(WriteAheadLog wal, long snapshotIndex, CancellationToken cancellationToken)
    {
        const int Step = 1024;
        var term = 0L;
        for (var start = snapshotIndex + 1; start <= wal.LastEntryIndex; start += Step)
        {
            using var entries = await wal.ReadAsync(start, Math.Min(start + Step - 1, wal.LastEntryIndex), cancellationToken);
            for (var i = 0; i < entries.Count; i++)
            {
                if (entries[i].Term < term)
                {
                    return start + i - 1;
                }

                term = entries[i].Term;
            }
        }

        return null;
    }

    private static void CutAt(string file, long lastIndex)
    {
        var checkpoint = File.ReadAllBytes(file);
        if (checkpoint.Length != CheckpointLength)
        {
            throw new LogCorruptException(file, checkpoint.Length, $"a checkpoint has {CheckpointLength} bytes");
        }

        var committed = BinaryPrimitives.ReadInt64LittleEndian(checkpoint.AsSpan(4));
        if (lastIndex < committed)
        {
            throw new LogCorruptException(file, LastIndexOffset, $"terms go back at entry {lastIndex}, below the committed entry {committed}");
        }

        BinaryPrimitives.WriteInt64LittleEndian(checkpoint.AsSpan(LastIndexOffset), lastIndex);
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Write);
        stream.Write(checkpoint);
        stream.Flush(flushToDisk: true);
    }
}
