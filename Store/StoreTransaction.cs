using SwarmOrleans.Contracts;

namespace SwarmOrleans.Store;

/// <summary>
/// Changes with the conditions on which they were decided. All of it happens when the log applies it, or nothing. Objects handed in are
/// frozen from then on. Not safe for concurrent use; commit it once.
/// </summary>
public sealed class StoreTransaction
{
    private readonly List<Condition> _conditions = [];
    private readonly List<Write> _writes = [];

    /// <summary>Number of objects that it writes.</summary>
    public int Count => _writes.Count;

    /// <summary>True when there is nothing to commit.</summary>
    public bool IsEmpty => _writes.Count == 0 && _conditions.Count == 0;

    internal IReadOnlyList<Condition> Conditions => _conditions;

    internal IReadOnlyList<Write> Writes => _writes;

    internal long Term { get; private set; }

    internal bool BeginsNewHistory { get; private set; }

    /// <summary>Adds an object. Conflicts when the id exists or the unique name is taken.</summary>
    public StoreTransaction Create(IStoreObject item) => Add(LogWrite.Types.Action.Create, item, 0);

    /// <summary>Replaces an object. Conflicts unless the stored one still has the version in <c>Meta.Version.Index</c> of <paramref name="item"/>.</summary>
    public StoreTransaction Update(IStoreObject item) => Add(LogWrite.Types.Action.Update, item, VersionOf(item));

    /// <summary>Removes an object. Conflicts unless it still has the version of <paramref name="item"/>.</summary>
    public StoreTransaction Remove(IStoreObject item)
    {
        _writes.Add(new Write(LogWrite.Types.Action.Remove, item.Kind, item.Id, null, VersionOf(item)));
        return this;
    }

    /// <summary>Removes an object, whatever its version. Conflicts when it is not there.</summary>
    public StoreTransaction Remove<T>(string id)
        where T : class, IStoreObject, new()
    {
        _writes.Add(new Write(LogWrite.Types.Action.Remove, ObjectKinds.Of<T>(), id, null, 0));
        return this;
    }

    /// <summary>Conflicts unless the object has that version.</summary>
    public StoreTransaction RequireVersion<T>(string id, ulong version)
        where T : class, IStoreObject, new() => Require(LogCondition.Types.Rule.Version, ObjectKinds.Of<T>(), id, version);

    /// <summary>Conflicts unless the stored object is the very one that was read.</summary>
    public StoreTransaction RequireUnchanged(IStoreObject item) =>
        Require(LogCondition.Types.Rule.Version, item.Kind, item.Id, VersionOf(item));

    /// <summary>Conflicts unless the object exists.</summary>
    public StoreTransaction RequireExists<T>(string id)
        where T : class, IStoreObject, new() => Require(LogCondition.Types.Rule.Exists, ObjectKinds.Of<T>(), id, 0);

    /// <summary>Conflicts if the object exists.</summary>
    public StoreTransaction RequireAbsent<T>(string id)
        where T : class, IStoreObject, new() => Require(LogCondition.Types.Rule.Absent, ObjectKinds.Of<T>(), id, 0);

    /// <summary>
    /// Conflicts while something refers to this object: a service to a secret, config or network, a task that lives to a network, a resource to the
    /// extension that is its kind.
    /// </summary>
    public StoreTransaction RequireUnreferenced(ObjectKind kind, string id) => Require(LogCondition.Types.Rule.Unreferenced, kind, id, 0);

    /// <summary>Conflicts while an object of the kind holds the key (see <see cref="StoreKeys"/>), unless it is <paramref name="exceptId"/>.</summary>
    public StoreTransaction RequireKeyFree(ObjectKind kind, string key, string exceptId = "")
    {
        _conditions.Add(new Condition(LogCondition.Types.Rule.KeyFree, kind, exceptId, 0, key));
        return this;
    }

    /// <summary>Binds it to a leadership: refused (<see cref="CommitOutcome.Unavailable"/>) in an entry of any other term.</summary>
    public StoreTransaction UnderTerm(long term)
    {
        Term = term;
        return this;
    }

    /// <summary>Raises the store's version by 2^32, so that versions of a history that is given up are never used again.</summary>
    public StoreTransaction BeginNewHistory()
    {
        BeginsNewHistory = true;
        return this;
    }

    private static ulong VersionOf(IStoreObject item) => item.Meta?.Version?.Index is { } version and > 0
        ? version
        : throw new ArgumentException($"{item.Kind} {item.Id} has no meta.version: it was not read from the store", nameof(item));

    private StoreTransaction Add(LogWrite.Types.Action action, IStoreObject item, ulong version)
    {
        if (string.IsNullOrEmpty(item.Id))
        {
            throw new ArgumentException($"a {item.Kind} needs an id", nameof(item));
        }

        _writes.Add(new Write(action, item.Kind, item.Id, item, version));
        return this;
    }

    private StoreTransaction Require(LogCondition.Types.Rule rule, ObjectKind kind, string id, ulong version)
    {
        _conditions.Add(new Condition(rule, kind, id, version, ""));
        return this;
    }

    internal readonly record struct Condition(LogCondition.Types.Rule Rule, ObjectKind Kind, string Id, ulong Version, string Key);

    internal readonly record struct Write(LogWrite.Types.Action Action, ObjectKind Kind, string Id, IStoreObject? Item, ulong Version);
}
