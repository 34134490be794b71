using SwarmOrleans.Contracts;

namespace SwarmOrleans.Store.Tables;

/// <summary>Tables while a command is applied. <see cref="Mark"/> and <see cref="Rewind"/> make one transaction atomic.</summary>
internal sealed class TableDraft(PersistentMap<StoredObject>[] objects, PersistentMap<string>[] names, PersistentMap<object>[] indexes)
{
    private readonly List<(IndexName Index, string Key)> _before = [];
    private readonly List<(IndexName Index, string Key)> _after = [];
    private readonly List<Undo> _undo = [];
    private readonly object _owner = new();
    private bool _isFrozen;

    public StoredObject Find(ObjectKind kind, string id) => objects[(int)kind].TryGet(id, out var item) ? item : default;

    /// <summary>Id of the object that has the unique <paramref name="name"/>, or null.</summary>
    public string? HolderOf(ObjectKind kind, string name) => names[(int)kind].TryGet(UniqueNames.Key(name), out var id) ? id : null;

    /// <summary>Some object that refers to the secret, config, network or extension; null when none does.</summary>
    public string? ReferrerOf(ObjectKind kind, string id)
    {
        // Resources name their extension; names of extensions never change.
        var key = kind == ObjectKind.Extension ? (Find(kind, id).Open() as Extension)?.Annotations?.Name ?? "" : id;
        foreach (var index in References(kind))
        {
            if (indexes[(int)index].TryGet(key, out var group))
            {
                return IdGroup.First(group);
            }
        }

        return null;
    }

    /// <summary>Some object, other than <paramref name="exceptId"/>, that holds the key; null when none does.</summary>
    public string? HolderOfKey(string key, string exceptId) =>
        indexes[(int)IndexName.HolderOfKey].TryGet(key, out var group) ? IdGroup.FirstOther(group, exceptId) : null;

    /// <summary>Forgets how to go back beyond this point.</summary>
    public void Mark() => _undo.Clear();

    /// <summary>Takes back everything since <see cref="Mark"/>.</summary>
    public void Rewind()
    {
        for (var i = _undo.Count - 1; i >= 0; i--)
        {
            var (kind, id, old) = _undo[i];
            Write(kind, id, Find(kind, id), old);
        }

        _undo.Clear();
    }

    /// <summary>Stores <paramref name="item"/> in the place of <paramref name="old"/>, which is what the id has now; none removes it.</summary>
    public void Put(ObjectKind kind, string id, StoredObject old, StoredObject item)
    {
        ObjectDisposedException.ThrowIf(_isFrozen, this);
        FreezeGuard.Verify(old);
        FreezeGuard.Seal(item);
        _undo.Add(new Undo(kind, id, old));
        Write(kind, id, old, item);
    }

    /// <summary>The tables as they are now. The draft has done its duty: it must not change in place what readers see.</summary>
    public TableSet Freeze()
    {
        _isFrozen = true;
        return new TableSet(objects, names, indexes);
    }

    private void Write(ObjectKind kind, string id, StoredObject old, StoredObject item)
    {
        var table = objects[(int)kind];
        objects[(int)kind] = item.IsNone ? table.Remove(id, _owner) : table.Set(id, item, _owner);
        WriteName(kind, id, old, item);
        if (!PackedObject.Holds(kind))
        {
            WriteIndexes(id, old.Open(), item.Open());
        }
    }

    private void WriteName(ObjectKind kind, string id, StoredObject old, StoredObject item)
    {
        var (before, after) = (old.Name, item.Name);
        if (before == after)
        {
            return;
        }

        if (before is not null)
        {
            names[(int)kind] = names[(int)kind].Remove(UniqueNames.Key(before), _owner);
        }

        if (after is not null)
        {
            names[(int)kind] = names[(int)kind].Set(UniqueNames.Key(after), id, _owner);
        }
    }

    private void WriteIndexes(string id, IStoreObject? old, IStoreObject? item)
    {
        _before.Clear();
        _after.Clear();
        if (old is not null)
        {
            IndexKeys.Collect(old, _before);
        }

        if (item is not null)
        {
            IndexKeys.Collect(item, _after);
        }

        foreach (var entry in _before)
        {
            if (!_after.Contains(entry))
            {
                var index = indexes[(int)entry.Index];
                var rest = index.TryGet(entry.Key, out var group) ? IdGroup.Without(group, id, _owner) : null;
                indexes[(int)entry.Index] = rest is null ? index.Remove(entry.Key, _owner) : index.Set(entry.Key, rest, _owner);
            }
        }

        foreach (var entry in _after)
        {
            if (!_before.Contains(entry))
            {
                var index = indexes[(int)entry.Index];
                var group = index.TryGet(entry.Key, out var known) ? known : null;
                indexes[(int)entry.Index] = index.Set(entry.Key, IdGroup.With(group, id, _owner), _owner);
            }
        }
    }

    private static IndexName[] References(ObjectKind kind) => kind switch
    {
        // What old tasks were made from may go: an agent that still needs it has it (API-26).
        ObjectKind.Secret => [IndexName.ServiceBySecret],
        ObjectKind.Config => [IndexName.ServiceByConfig],
        ObjectKind.Network => [IndexName.ServiceByNetwork, IndexName.TaskUsingNetwork],
        ObjectKind.Extension => [IndexName.ResourceByKind],
        _ => [],
    };

    private readonly record struct Undo(ObjectKind Kind, string Id, StoredObject Old);
}
