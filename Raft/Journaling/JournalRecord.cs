using System.Buffers;
using System.Buffers.Binary;
using System.IO.Hashing;

namespace SwarmOrleans.Raft.Journaling;

/// <summary>
/// The form of an entry in a journal file: payload length (4 bytes), flags (4), index (8), term (8), command id (4), hash of all of these and of the
/// payload (8), payload. Little-endian.
/// </summary>
internal static class JournalRecord
{
    /// <summary>Bytes before the payload.</summary>
    public const int HeaderLength = 36;

    private const int HashOffset = 28;
    private const uint Valid = 1;
    private const uint Configuration = 2;
    private const uint Command = 4;

    public static void Write(IBufferWriter<byte> destination, JournalEntry entry)
    {
        var payload = entry.Payload.Span;
        var record = destination.GetSpan(HeaderLength + payload.Length)[..(HeaderLength + payload.Length)];
        BinaryPrimitives.WriteInt32LittleEndian(record, payload.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(record[4..], Valid | (entry.IsConfiguration ? Configuration : 0) | (entry.CommandId is null ? 0 : Command));
        BinaryPrimitives.WriteInt64LittleEndian(record[8..], entry.Index);
        BinaryPrimitives.WriteInt64LittleEndian(record[16..], entry.Term);
        BinaryPrimitives.WriteInt32LittleEndian(record[24..], entry.CommandId ?? 0);
        payload.CopyTo(record[HeaderLength..]);
        BinaryPrimitives.WriteUInt64LittleEndian(record[HashOffset..], HashOf(record));
        destination.Advance(record.Length);
    }

    /// <summary>Reads the record at the begin of <paramref name="source"/>; null when what is there is none or is damaged.</summary>
    public static JournalEntry? TryRead(ReadOnlyMemory<byte> source, out int length)
    {
        length = LengthAt(source.Span);
        if (length == 0)
        {
            return null;
        }

        var record = source.Span[..length];
        if (BinaryPrimitives.ReadUInt64LittleEndian(record[HashOffset..]) != HashOf(record))
        {
            return null;
        }

        var flags = BinaryPrimitives.ReadUInt32LittleEndian(record[4..]);
        return new JournalEntry(
            BinaryPrimitives.ReadInt64LittleEndian(record[8..]),
            BinaryPrimitives.ReadInt64LittleEndian(record[16..]),
            (flags & Command) == 0 ? null : BinaryPrimitives.ReadInt32LittleEndian(record[24..]),
            (flags & Configuration) != 0,
            source[HeaderLength..length]);
    }

    /// <summary>Bytes of the record that seems to begin here; 0 when none can.</summary>
    public static int LengthAt(ReadOnlySpan<byte> source)
    {
        if (source.Length < HeaderLength || (BinaryPrimitives.ReadUInt32LittleEndian(source[4..]) & Valid) == 0)
        {
            return 0;
        }

        var payload = BinaryPrimitives.ReadInt32LittleEndian(source);
        return payload >= 0 && payload <= source.Length - HeaderLength ? HeaderLength + payload : 0;
    }

    private static ulong HashOf(ReadOnlySpan<byte> record)
    {
        var hash = new XxHash3();
        hash.Append(record[..HashOffset]);
        hash.Append(record[HeaderLength..]);
        return hash.GetCurrentHashAsUInt64();
    }
}
