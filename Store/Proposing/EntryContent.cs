using System.Buffers;
using System.Buffers.Binary;
using SwarmOrleans.Store.Encryption;

namespace SwarmOrleans.Store.Proposing;

/// <summary>The commands of a log entry, in memory that is used again once this is disposed.</summary>
internal sealed class EntryContent : IDisposable
{
    private readonly byte[] _buffer;

    private EntryContent(byte[] buffer, List<ReadOnlyMemory<byte>> commands) => (_buffer, Commands) = (buffer, commands);

    public List<ReadOnlyMemory<byte>> Commands { get; }

    /// <exception cref="InvalidDataException">The entry is damaged.</exception>
    /// <exception cref="UnknownKeyException">Its key is not here.</exception>
    public static EntryContent Open(FrameCipher cipher, ReadOnlySequence<byte> entry)
    {
        // A busy group's entries are as large as the collector's large objects, which it frees last.
        var frame = entry.IsSingleSegment ? entry.FirstSpan : entry.ToArray();
        var buffer = ArrayPool<byte>.Shared.Rent(frame.Length);
        try
        {
            ReadOnlyMemory<byte> rest = buffer.AsMemory(0, cipher.Open(FramePurpose.Entry, 0, frame, buffer));
            var commands = new List<ReadOnlyMemory<byte>>();
            while (!rest.IsEmpty)
            {
                var length = BinaryPrimitives.ReadInt32LittleEndian(rest.Span);
                commands.Add(rest.Slice(sizeof(int), length));
                rest = rest[(sizeof(int) + length)..];
            }

            return new EntryContent(buffer, commands);
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(buffer);
            throw;
        }
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);
}
