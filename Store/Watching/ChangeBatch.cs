using SwarmOrleans.Contracts;

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
/// <param name="Action">What happened.</param>
/// <param name="Kind">The table.</param>
/// <param name="Old">The object before; null for <see cref="ChangeAction.Create"/>.</param>
/// <param name="New">The object after; null for <see cref="ChangeAction.Remove"/>.</param>
/// <param name="Version">Store version of the transaction that made the change.</param>
public readonly record struct StoreChange(ChangeAction Action, ObjectKind Kind, IStoreObject? Old, IStoreObject? New, ulong Version)
{
    /// <summary>Id of the object.</summary>
    public string Id => (New ?? Old)!.Id;
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
