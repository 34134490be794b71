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
}
