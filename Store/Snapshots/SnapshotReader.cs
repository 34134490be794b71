using System.Buffers.Binary;
using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;
using SwarmOrleans.Store.Applying;
using SwarmOrleans.Store.Encryption;
using SwarmOrleans.Store.Tables;

namespace SwarmOrleans.Store.Snapshots;

/// <summary>Reads what <see cref="SnapshotWriter"/> wrote.</summary>
internal sealed class SnapshotReader
{
    // A frame holds at most one record above the writer's limit; a longer length is damage, not data.
    private const int MaxFrameLength = 64 << 20;

    private const int RecentlySeen = 4096;

    private readonly Timestamp?[] _times = new Timestamp?[RecentlySeen];
    private readonly ObjectVersion?[] _versions = new ObjectVersion?[RecentlySeen];
    private readonly TableDraft _draft = TableSet.Empty.Edit();
    private readonly List<LogTaskParts> _parts = [];
    private readonly Stream _source;
    private readonly FrameCipher _cipher;
    private readonly SharedParts _shared;
    private SnapshotHeader? _header;
    private long _number;

    public SnapshotReader(Stream source, FrameCipher cipher)
    {
        _source = source;
        _cipher = cipher;
        _shared = new SharedParts(_parts, _draft);
    }

    /// <exception cref="InvalidDataException">The snapshot is damaged or cut off.</exception>
    /// <exception cref="UnknownKeyException">Its key is not here.</exception>
    public async ValueTask<StoreState> ReadAsync(CancellationToken cancellationToken)
    {
        var magic = new byte[SnapshotWriter.Magic.Length];
        await ReadExactlyAsync(magic, cancellationToken);
        if (!magic.AsSpan().SequenceEqual(SnapshotWriter.Magic))
        {
            throw new InvalidDataException("not a snapshot");
        }

        while (await ReadFrameAsync(cancellationToken) is { Length: > 0 } frame)
        {
            using var records = new MemoryStream(frame);
            _header ??= SnapshotHeader.Parser.ParseDelimitedFrom(records);
            while (records.Position < records.Length)
            {
                Add(SnapshotRecord.Parser.ParseDelimitedFrom(records));
            }
        }

        if (_header is null)
        {
            throw new InvalidDataException("the snapshot has no header");
        }

        return new StoreState(_header.Version, _header.Index, _draft.Freeze(), Origins(_header));
    }

    private void Add(SnapshotRecord record)
    {
        if (record.TaskParts is not null)
        {
            _parts.Add(record.TaskParts);
        }

        var item = ObjectCodec.Parse((ObjectKind)record.Kind, record.Content);
        if (item is SwarmTask task)
        {
            _shared.Restore(task, record.Parts, null);
            task.SpecVersion = Share(_versions, task.SpecVersion);
            if (task.Status is { } status)
            {
                status.AppliedAt = Share(_times, status.AppliedAt);
            }
        }

        if (PackedObject.Holds(item.Kind))
        {
            _draft.Put(item.Kind, item.Id, default, new StoredObject(PackedObject.Of(item)));
            _draft.Mark();
            return;
        }

        if (item.Meta is { } meta)
        {
            meta.Version = Share(_versions, meta.Version);
            meta.CreatedAt = Share(_times, meta.CreatedAt);
            meta.UpdatedAt = Share(_times, meta.UpdatedAt);
        }

        _draft.Put(item.Kind, item.Id, default, new StoredObject(item));
        _draft.Mark();
    }

    // What one transaction wrote has one version and one time; the objects of a replica that applied it share them, and so do these.
    private static T? Share<T>(T?[] seen, T? item)
        where T : class
    {
        if (item is null)
        {
            return null;
        }

        ref var place = ref seen[(uint)item.GetHashCode() % RecentlySeen];
        if (!item.Equals(place))
        {
            place = item;
        }

        return place;
    }

    private static PersistentMap<OriginState> Origins(SnapshotHeader header)
    {
        var origins = PersistentMap<OriginState>.Empty;
        foreach (var origin in header.Origins)
        {
            var verdicts = new VerdictWindow.Draft(VerdictWindow.Empty);
            foreach (var known in origin.Verdicts)
            {
                verdicts.Set(known.Sequence, [.. known.Items.Select(VerdictCodec.Decode)]);
            }

            origins = origins.Set(origin.Id, new OriginState(origin.Boot, origin.Floor, verdicts.Freeze(), [.. origin.EndedBoots]));
        }

        return origins;
    }

    private async ValueTask<byte[]> ReadFrameAsync(CancellationToken cancellationToken)
    {
        var prefix = new byte[sizeof(int)];
        await ReadExactlyAsync(prefix, cancellationToken);
        var length = BinaryPrimitives.ReadInt32LittleEndian(prefix);
        if (length is < FrameCipher.Overhead or > MaxFrameLength)
        {
            throw new InvalidDataException($"snapshot frame {_number} has the impossible length {length}");
        }

        var frame = new byte[length];
        await ReadExactlyAsync(frame, cancellationToken);
        return _cipher.Open(FramePurpose.Snapshot, _number++, frame);
    }

    private async ValueTask ReadExactlyAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            await _source.ReadExactlyAsync(buffer, cancellationToken);
        }
        catch (EndOfStreamException e)
        {
            throw new InvalidDataException($"the snapshot is cut off in frame {_number}", e);
        }
    }
}
