using System.Buffers.Binary;
using Google.Protobuf;
using SwarmOrleans.Contracts;
using SwarmOrleans.Store.Applying;
using SwarmOrleans.Store.Encryption;
using SwarmOrleans.Store.Log;

namespace SwarmOrleans.Store.Snapshots;

/// <summary>
/// Writes a captured state: magic, then sealed frames each with its length before it, then a frame without content. A frame holds
/// length-delimited records and is numbered, so that a missing or exchanged one is noticed.
/// </summary>
#pragma warning disable CA1001 // A memory stream holds nothing to release.
internal sealed class SnapshotWriter(StoreState state, FrameCipher cipher) : ILogSnapshot
#pragma warning restore CA1001
{
    /// <summary>The first bytes of a snapshot.</summary>
    public static ReadOnlySpan<byte> Magic => "SWOSNAP1"u8;

    private const int FrameLength = 1 << 18;

    private readonly MemoryStream _frame = new(FrameLength + 4096);
    private readonly Dictionary<LogTaskParts, int> _parts = new(TaskPartsIdentity.Instance);
    private long _number;

    public long Index => state.Index;

    public async ValueTask WriteAsync(Stream destination, CancellationToken cancellationToken)
    {
        await destination.WriteAsync(Magic.ToArray(), cancellationToken);
        Header().WriteDelimitedTo(_frame);
        for (var kind = 0; kind < Tables.TableSet.Kinds; kind++)
        {
            foreach (var (_, item) in state.Tables.Objects((ObjectKind)kind))
            {
                Write(item);
                if (_frame.Length >= FrameLength)
                {
                    await FlushAsync(destination, cancellationToken);
                }
            }
        }

        if (_frame.Length > 0)
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
            foreach (var (sequence, verdicts) in origin.Verdicts)
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
        var record = new SnapshotRecord { Kind = (int)item.Kind };
        if (item is SwarmTask task)
        {
            var parts = ObjectCodec.PartsOf(task);
            if (!_parts.TryGetValue(parts, out var number))
            {
                number = _parts.Count + 1;
                _parts.Add(parts, number);
                record.TaskParts = parts;
            }

            var own = ObjectCodec.WithoutParts(task);
            own.Meta = task.Meta;
            record.Content = own.ToByteString();
            record.Parts = number;
        }
        else
        {
            record.Content = item.ToByteString();
        }

        record.WriteDelimitedTo(_frame);
    }

    private async ValueTask FlushAsync(Stream destination, CancellationToken cancellationToken)
    {
        var sealedFrame = cipher.Seal(FramePurpose.Snapshot, _number++, _frame.GetBuffer().AsSpan(0, (int)_frame.Length));
        _frame.SetLength(0);
        var length = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, sealedFrame.Length);
        await destination.WriteAsync(length, cancellationToken);
        await destination.WriteAsync(sealedFrame, cancellationToken);
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
