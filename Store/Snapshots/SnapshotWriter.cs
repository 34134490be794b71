using System.Buffers;
using System.Buffers.Binary;
using Google.Protobuf;
using SwarmOrleans.Contracts;
using SwarmOrleans.Store.Applying;
using SwarmOrleans.Store.Encryption;
using SwarmOrleans.Store.Log;
using SwarmOrleans.Store.Tables;

namespace SwarmOrleans.Store.Snapshots;

/// <summary>
/// Writes a captured state: magic, then sealed frames each with its length before it, then a frame without content. A frame holds
/// length-delimited records and is numbered, so that a missing or exchanged one is noticed.
/// </summary>
internal sealed class SnapshotWriter(StoreState state, FrameCipher cipher) : ILogSnapshot
{
    /// <summary>The first bytes of a snapshot.</summary>
    public static ReadOnlySpan<byte> Magic => "SWOSNAP1"u8;

    private const int FrameLength = 1 << 18;

    // Used again for every record and frame: a large state would otherwise leave several times its size behind as garbage.
    private readonly ArrayBufferWriter<byte> _frame = new(FrameLength + 4096);
    private readonly ArrayBufferWriter<byte> _content = new();
    private readonly SnapshotRecord _record = new();
    private readonly Dictionary<LogTaskParts, int> _parts = new(TaskPartsIdentity.Instance);
    private byte[] _sealed = [];
    private long _number;

    public long Index => state.Index;

    public async ValueTask WriteAsync(Stream destination, CancellationToken cancellationToken)
    {
        await destination.WriteAsync(Magic.ToArray(), cancellationToken);
        WriteDelimited(Header());
        for (var kind = 0; kind < Tables.TableSet.Kinds; kind++)
        {
            foreach (var (_, item) in state.Tables.Objects((ObjectKind)kind))
            {
                if (item.Packed is { } packed)
                {
                    Write(packed);
                }
                else
                {
                    Write(item.Open()!);
                }

                if (_frame.WrittenCount >= FrameLength)
                {
                    await FlushAsync(destination, cancellationToken);
                }
            }
        }

        if (_frame.WrittenCount > 0)
        {
            await FlushAsync(destination, cancellationToken);
        }

        await FlushAsync(destination, cancellationToken);
    }

    private SnapshotHeader Header()
    {
        var header = new SnapshotHeader { Version = state.Version, Index = state.Index };
        foreach (var (id, origin) in state.Origins)
        {
            var written = new SnapshotOrigin { Id = id, Boot = origin.Boot, Floor = origin.Floor };
            written.EndedBoots.AddRange(origin.EndedBoots);
            foreach (var (sequence, verdicts) in origin.Verdicts.From(origin.Floor))
            {
                var items = new SnapshotOrigin.Types.Verdicts { Sequence = sequence };
                items.Items.AddRange(verdicts.Select(VerdictCodec.Encode));
                written.Verdicts.Add(items);
            }

            header.Origins.Add(written);
        }

        return header;
    }

    private void Write(IStoreObject item)
    {
        (_record.Kind, _record.Parts, _record.TaskParts) = ((int)item.Kind, 0, null);
        if (item is SwarmTask task)
        {
            var parts = ObjectCodec.PartsOf(task);
            if (!_parts.TryGetValue(parts, out var number))
            {
                number = _parts.Count + 1;
                _parts.Add(parts, number);
                _record.TaskParts = parts;
            }

            var own = ObjectCodec.WithoutParts(task);
            own.Meta = task.Meta;
            SetContent(own);
            _record.Parts = number;
        }
        else
        {
            SetContent(item);
        }

        WriteDelimited(_record);
    }

    private void Write(PackedObject packed)
    {
        (_record.Kind, _record.Parts, _record.TaskParts) = ((int)packed.Kind, 0, null);
        _content.ResetWrittenCount();
        packed.WriteTo(_content);
        _record.Content = UnsafeByteOperations.UnsafeWrap(_content.WrittenMemory);
        WriteDelimited(_record);
    }

    private void SetContent(IMessage item)
    {
        _content.ResetWrittenCount();
        item.WriteTo(_content);
        _record.Content = UnsafeByteOperations.UnsafeWrap(_content.WrittenMemory);
    }

    private void WriteDelimited(IMessage message)
    {
        var length = (uint)message.CalculateSize();
        var prefix = _frame.GetSpan(5);
        var used = 0;
        for (; length > 0x7F; length >>= 7)
        {
            prefix[used++] = (byte)(length | 0x80);
        }

        prefix[used++] = (byte)length;
        _frame.Advance(used);
        message.WriteTo(_frame);
    }

    private async ValueTask FlushAsync(Stream destination, CancellationToken cancellationToken)
    {
        var length = FrameCipher.Overhead + _frame.WrittenCount;
        if (_sealed.Length < sizeof(int) + length)
        {
            _sealed = new byte[sizeof(int) + length];
        }

        BinaryPrimitives.WriteInt32LittleEndian(_sealed, length);
        cipher.Seal(FramePurpose.Snapshot, _number++, _frame.WrittenSpan, _sealed.AsSpan(sizeof(int), length));
        _frame.ResetWrittenCount();
        await destination.WriteAsync(_sealed.AsMemory(0, sizeof(int) + length), cancellationToken);
    }

    // Tasks of one service share these by reference, so that comparing references finds nearly all of what is equal, and fast.
    private sealed class TaskPartsIdentity : IEqualityComparer<LogTaskParts>
    {
        public static readonly TaskPartsIdentity Instance = new();

        public bool Equals(LogTaskParts? x, LogTaskParts? y) =>
            ReferenceEquals(x!.Spec, y!.Spec) && ReferenceEquals(x.ServiceAnnotations, y.ServiceAnnotations) && ReferenceEquals(x.Endpoint, y.Endpoint);

        public int GetHashCode(LogTaskParts obj) => HashCode.Combine(
            System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(obj.Spec),
            System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(obj.ServiceAnnotations));
    }
}
