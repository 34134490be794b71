using Orleans;

namespace SwarmOrleans.Silo.Reconciling;

/// <summary>Where a reconciler got to.</summary>
/// <param name="Version">Version of the view that needed nothing more; 0 when it did not get there.</param>
/// <param name="WakeAt">When to look again if nothing happens before.</param>
[GenerateSerializer, Immutable]
public readonly record struct ReconcileResult([property: Id(0)] ulong Version, [property: Id(1)] DateTimeOffset? WakeAt);
