using SwarmOrleans.Store.Tables;

namespace SwarmOrleans.Store.Applying;

/// <summary>Everything that the log decides: the tables and what has been answered to whom. Immutable.</summary>
internal sealed record StoreState(ulong Version, long Index, TableSet Tables, PersistentMap<OriginState> Origins)
{
    public static readonly StoreState Empty = new(0, 0, TableSet.Empty, PersistentMap<OriginState>.Empty);
}
