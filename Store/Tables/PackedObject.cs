using System.Buffers;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;
using SwarmOrleans.Store.Applying;

namespace SwarmOrleans.Store.Tables;

/// <summary>
/// A secret or config as the log brought it: encoded, until someone looks at it. Few are ever looked at on a given manager, and an object
/// with all its parts would cost each manager more to make and to keep than the rest of applying it.
/// </summary>
internal sealed class PackedObject
{
    private readonly long _createdAt;
    private readonly long _updatedAt;

    // The bytes, without meta, or the object made of them.
    private object _form;

    public PackedObject(ObjectKind kind, string id, string name, ByteString content, ulong version, long createdAt, long updatedAt)
    {
        (Kind, Id, Name, _form, Version) = (kind, id, name, content, version);
        (_createdAt, _updatedAt) = (createdAt, updatedAt);
    }

    public ObjectKind Kind { get; }

    public string Id { get; }

    /// <summary>Its unique name; empty for none.</summary>
    public string Name { get; }

    public ulong Version { get; }

    /// <summary>When it was written first, in 100 ns units since 1970.</summary>
    public long CreatedAt => _createdAt;

    /// <summary>True for the kinds that are kept like this.</summary>
    public static bool Holds(ObjectKind kind) => kind is ObjectKind.Secret or ObjectKind.Config;

    /// <summary>Packs an object that has been read from a snapshot.</summary>
    public static PackedObject Of(IStoreObject item)
    {
        var meta = item.Meta;
        item.Meta = null!;
        return new PackedObject(
            item.Kind, item.Id, UniqueNames.Of(item) ?? "", item.ToByteString(), meta.Version.Index, Ticks(meta.CreatedAt), Ticks(meta.UpdatedAt));
    }

    public Meta NewMeta() => new()
    {
        Version = new ObjectVersion { Index = Version },
        CreatedAt = Time(_createdAt),
        UpdatedAt = Time(_updatedAt),
    };

    /// <summary>The object; always the same one.</summary>
    public IStoreObject Open()
    {
        var form = Volatile.Read(ref _form);
        if (form is IStoreObject known)
        {
            return known;
        }

        var item = ObjectCodec.Parse(Kind, (ByteString)form);
        item.Meta = NewMeta();
        FreezeGuard.Seal(item);
        var first = Interlocked.CompareExchange(ref _form, item, form);
        return ReferenceEquals(first, form) ? item : (IStoreObject)first;
    }

    /// <summary>Writes the encoded object, meta included.</summary>
    public void WriteTo(IBufferWriter<byte> destination)
    {
        if (Volatile.Read(ref _form) is ByteString bytes)
        {
            // Encodings put one after the other are read as one object.
            destination.Write(bytes.Span);
            IMessage meta = Kind == ObjectKind.Secret ? new Secret { Meta = NewMeta() } : new Config { Meta = NewMeta() };
            meta.WriteTo(destination);
        }
        else
        {
            Open().WriteTo(destination);
        }
    }

    /// <summary>100 ns units since 1970.</summary>
    public static long Ticks(Timestamp time) => time.ToDateTime().Ticks - DateTime.UnixEpoch.Ticks;

    private static Timestamp Time(long ticks) => Timestamp.FromDateTime(new DateTime(DateTime.UnixEpoch.Ticks + ticks, DateTimeKind.Utc));
}
