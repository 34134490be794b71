using SwarmOrleans.Store.Applying;
using SwarmOrleans.Store.Log;
using SwarmOrleans.Store.Tables;

namespace SwarmOrleans.Store.Snapshots;

/// <summary>A state read from a snapshot.</summary>
/// <param name="State">What it holds.</param>
/// <param name="Old">The tables that it was compared with.</param>
/// <param name="Difference">What differs from those.</param>
internal sealed record PreparedSnapshot(StoreState State, TableSet Old, List<StoreChange> Difference) : IPreparedSnapshot
{
    public long Index => State.Index;
}
