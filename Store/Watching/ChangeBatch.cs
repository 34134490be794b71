using SwarmOrleans.Contracts;
using SwarmOrleans.Store.Tables;

namespace SwarmOrleans.Store;

/// <summary>What happened to an object.</summary>
public enum ChangeAction
{
    /// <summary>It is new.</summary>
    Create,

    /// <summary>It was replaced.</summary>
    Update,

    /// <summary>It is gone.</summary>
    Remove,
}

/// <summary>One object's change.</summary>
public readonly struct StoreChange
{
    private readonly StoredObject _old;
    private readonly StoredObject _new;

    internal StoreChange(ChangeAction action, ObjectKind kind, StoredObject old, StoredObject @new, ulong version)
    {
        (Action, Kind, Version) = (action, kind, version);
        (_old, _new) = (old, @new);
    }

    /// <summary>What happened.</summary>
    public ChangeAction Action { get; }

    /// <summary>The table. Look at it first: <see cref="Old"/> and <see cref="New"/> may have to be decoded.</summary>
    public ObjectKind Kind { get; }

    /// <summary>The object before; null for <see cref="ChangeAction.Create"/>.</summary>
    public IStoreObject? Old => _old.Open();

    /// <summary>The object after; null for <see cref="ChangeAction.Remove"/>.</summary>
    public IStoreObject? New => _new.Open();

    /// <summary>Store version of the transaction that made the change.</summary>
    public ulong Version { get; }

    /// <summary>Id of the object.</summary>
    public string Id => (_new.IsNone ? _old : _new).Id;
}

/// <summary>The changes of one or several transactions that were applied together, in order.</summary>
/// <param name="Version">Store version after them.</param>
/// <param name="View">The state after them or a later one: states are not kept for readers, who would hold on to whatever changed since.</param>
/// <param name="Changes">At least one change.</param>
public sealed record ChangeBatch(ulong Version, StoreView View, IReadOnlyList<StoreChange> Changes);

/// <summary>The subscriber asked for, or fell behind to, a version that is no longer retained; it must start over from a view.</summary>
public sealed class CompactedException(ulong version)
    : Exception($"store version {version} is no longer retained; start over from a current view")
{
    /// <summary>The version after which changes were asked for.</summary>
    public ulong Version { get; } = version;
}
