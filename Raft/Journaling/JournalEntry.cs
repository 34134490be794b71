using DotNext.IO;
using DotNext.Net.Cluster.Consensus.Raft;

namespace SwarmOrleans.Raft.Journaling;

/// <summary>One entry of the log, as it is in the journal and as the engine sends it.</summary>
internal sealed class JournalEntry(long index, long term, int? commandId, bool isConfiguration, ReadOnlyMemory<byte> payload) : IRaftLogEntry
{
    public long Index => index;

    public long Term => term;

    public int? CommandId => commandId;

    public bool IsConfiguration => isConfiguration;

    public ReadOnlyMemory<byte> Payload => payload;

    bool IDataTransferObject.IsReusable => true;

    long? IDataTransferObject.Length => payload.Length;

    bool IDataTransferObject.TryGetMemory(out ReadOnlyMemory<byte> memory)
    {
        memory = payload;
        return true;
    }

    ValueTask IDataTransferObject.WriteToAsync<TWriter>(TWriter writer, CancellationToken token) => writer.WriteAsync(payload, null, token);

    /// <summary>Takes over an entry that the engine made or received.</summary>
    public static async ValueTask<JournalEntry> CopyAsync<TEntry>(TEntry entry, long index, CancellationToken cancellationToken)
        where TEntry : IRaftLogEntry
    {
        // What the store hands in is its own array, written once; what comes from elsewhere lies in memory that is used again.
        var payload = entry is BinaryLogEntry { Content: var content } ? content
            : entry.TryGetMemory(out var memory) ? memory.ToArray() : await entry.ToByteArrayAsync(token: cancellationToken).ConfigureAwait(false);
        return new JournalEntry(index, entry.Term, entry.CommandId, entry.IsConfiguration, payload);
    }
}
