using SwarmOrleans.Contracts;

namespace SwarmOrleans.Store.Tables;

/// <summary>All objects, their unique names and the secondary indexes, at one version. Immutable.</summary>
internal sealed class TableSet
{
    /// <summary>One more than the highest <see cref="ObjectKind"/>.</summary>
    public const int Kinds = 37;

    private readonly PersistentMap<StoredObject>[] _objects;
    private readonly PersistentMap<string>[] _names;
    private readonly PersistentMap<object>[] _indexes;

    public TableSet(PersistentMap<StoredObject>[] objects, PersistentMap<string>[] names, PersistentMap<object>[] indexes)
    {
        _objects = objects;
        _names = names;
        _indexes = indexes;
    }

    /// <summary>The tables of a new cluster.</summary>
    public static TableSet Empty { get; } = new(
        Filled(Kinds, PersistentMap<StoredObject>.Empty),
        Filled(Kinds, PersistentMap<string>.Empty),
        Filled((int)IndexName.Count, PersistentMap<object>.Empty));

    public PersistentMap<StoredObject> Objects(ObjectKind kind) => _objects[(int)kind];

    public PersistentMap<string> Names(ObjectKind kind) => _names[(int)kind];

    /// <summary>The group of ids (<see cref="IdGroup"/>) under a key of an index; null when there is none.</summary>
    public object? Index(IndexName index, string key) => _indexes[(int)index].TryGet(key, out var group) ? group : null;

    public StoredObject Find(ObjectKind kind, string id) => _objects[(int)kind].TryGet(id, out var item) ? item : default;

    /// <summary>A working copy; this set stays as it is.</summary>
    public TableDraft Edit() => new((PersistentMap<StoredObject>[])_objects.Clone(), (PersistentMap<string>[])_names.Clone(), (PersistentMap<object>[])_indexes.Clone());

    private static T[] Filled<T>(int length, T value)
    {
        var array = new T[length];
        Array.Fill(array, value);
        return array;
    }
}
