using SwarmOrleans.Contracts;
using SwarmOrleans.Store.Tables;

namespace SwarmOrleans.Store;

/// <summary>
/// The state at one version. Immutable and safe for any number of readers. Objects in it are frozen: clone before changing.
/// </summary>
public sealed class StoreView
{
    private readonly TableSet _tables;

    internal StoreView(ulong version, TableSet tables)
    {
        Version = version;
        _tables = tables;
    }

    /// <summary>Number of transactions that changed the state so far, raised by 2^32 at a forced new cluster.</summary>
    public ulong Version { get; }

    /// <summary>Tasks by what they belong to.</summary>
    public TaskIndex Tasks => new(this);

    /// <summary>Services by what they refer to.</summary>
    public ServiceIndex Services => new(this);

    /// <summary>Nodes by role and membership.</summary>
    public NodeIndex Nodes => new(this);

    /// <summary>Sessions by the manager that serves them.</summary>
    public SessionIndex Sessions => new(this);

    /// <summary>The network that published ports go through; null when there is none.</summary>
    public Network? IngressNetwork => ByIndex<Network>(IndexName.HolderOfKey, StoreKeys.IngressNetwork).FirstOrDefault();

    /// <summary>The cluster's settings; null before the first start has written them.</summary>
    public Cluster? Cluster => FindByName<Cluster>("default");

    internal TableSet Tables => _tables;

    /// <summary>The object with that id, or null.</summary>
    public T? Find<T>(string id)
        where T : class, IStoreObject, new() => (T?)_tables.Find(ObjectKinds.Of<T>(), id).Open();

    /// <summary>The object with that kind and id, or null.</summary>
    public IStoreObject? Find(ObjectKind kind, string id) => _tables.Find(kind, id).Open();

    /// <summary>Version and times of the object's last write; null when there is no such object. Cheaper than the object where that is kept encoded.</summary>
    public Meta? MetaOf<T>(string id)
        where T : class, IStoreObject, new()
    {
        var stored = _tables.Find(ObjectKinds.Of<T>(), id);
        return stored.Packed is { } packed ? packed.NewMeta() : stored.Open()?.Meta;
    }

    /// <summary>All objects of a kind, in an order that depends on their ids alone.</summary>
    public IEnumerable<T> All<T>()
        where T : class, IStoreObject, new()
    {
        foreach (var entry in _tables.Objects(ObjectKinds.Of<T>()))
        {
            yield return (T)entry.Value.Open()!;
        }
    }

    /// <summary>Number of objects of a kind; costs nothing.</summary>
    public int Count<T>()
        where T : class, IStoreObject, new() => _tables.Objects(ObjectKinds.Of<T>()).Count;

    /// <summary>
    /// The object with that unique name, whatever the case: cluster, service, network, secret, config, volume, extension, resource (STO-3).
    /// </summary>
    public T? FindByName<T>(string name)
        where T : class, IStoreObject, new() =>
        _tables.Names(ObjectKinds.Of<T>()).TryGet(UniqueNames.Key(name), out var id) ? Find<T>(id) : null;

    /// <summary>All objects with exactly that name: nodes by host name, tasks by display name. Looks at every node or task: for users' look-ups.</summary>
    public IEnumerable<T> ByName<T>(string name)
        where T : class, IStoreObject, new()
    {
        if (ObjectKinds.Of<T>() is not (ObjectKind.Node or ObjectKind.Task))
        {
            return FindByName<T>(name) is { } one ? [one] : [];
        }

        return All<T>().Where(item => DisplayNames.Of(item) == name);
    }

    /// <summary>Objects whose id starts with <paramref name="prefix"/>. Looks at every object of the kind: for users' look-ups.</summary>
    public IEnumerable<T> ByIdPrefix<T>(string prefix)
        where T : class, IStoreObject, new() => All<T>().Where(item => item.Id.StartsWith(prefix, StringComparison.Ordinal));

    /// <summary>Objects whose name starts with <paramref name="prefix"/>. Looks at every object of the kind: for users' look-ups.</summary>
    public IEnumerable<T> ByNamePrefix<T>(string prefix)
        where T : class, IStoreObject, new() =>
        All<T>().Where(item => DisplayNames.Of(item).StartsWith(prefix, StringComparison.OrdinalIgnoreCase));

    /// <summary>Resources of an extension, by its name.</summary>
    public IReadOnlyCollection<Resource> ResourcesOfKind(string kind) => ByIndex<Resource>(IndexName.ResourceByKind, kind);

    /// <summary>Debug builds: throws if anyone changed an object of this view.</summary>
    internal void VerifyFrozen() => FreezeGuard.Verify(_tables);

    internal IReadOnlyCollection<T> ByIndex<T>(IndexName index, string key)
        where T : class, IStoreObject, new()
    {
        var ids = IdGroup.ToArray(_tables.Index(index, key));
        return ids.Length == 0 ? [] : Array.ConvertAll(ids, id => Find<T>(id)!);
    }
}
