using System.Buffers;
using System.Buffers.Binary;
using SwarmOrleans.Store.Encryption;

namespace SwarmOrleans.Store.Proposing;

/// <summary>A log entry: several commands under one seal, each with its length before it.</summary>
internal static class EntryCodec
{
    public static byte[] Encode(FrameCipher cipher, IReadOnlyList<ReadOnlyMemory<byte>> commands)
    {
        var length = commands.Sum(c => sizeof(int) + c.Length);
        var buffer = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            var rest = buffer.AsSpan(0, length);
            foreach (var command in commands)
            {
                BinaryPrimitives.WriteInt32LittleEndian(rest, command.Length);
                command.Span.CopyTo(rest[sizeof(int)..]);
                rest = rest[(sizeof(int) + command.Length)..];
            }

            return cipher.Seal(FramePurpose.Entry, 0, buffer.AsSpan(0, length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <exception cref="InvalidDataException">The entry is damaged.</exception>
    /// <exception cref="UnknownKeyException">Its key is not here.</exception>
    public static List<ReadOnlyMemory<byte>> Decode(FrameCipher cipher, ReadOnlySequence<byte> entry)
    {
        ReadOnlyMemory<byte> content = cipher.Open(FramePurpose.Entry, 0, entry.IsSingleSegment ? entry.FirstSpan : entry.ToArray());
        var commands = new List<ReadOnlyMemory<byte>>();
        while (!content.IsEmpty)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(content.Span);
            commands.Add(content.Slice(sizeof(int), length));
            content = content[(sizeof(int) + length)..];
        }

        return commands;
    }
}
