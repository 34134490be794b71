using Orleans;
using Orleans.Placement;
using SwarmOrleans.Silo.Reconciling;

namespace SwarmOrleans.Silo.Grains;

[PreferLocalPlacement]
internal sealed class ServiceGrain(ServiceRunner runner) : Grain, IServiceGrain
{
    public Task<ReconcileResult> ReconcileAsync() => runner.ReconcileAsync(this.GetPrimaryKeyString(), CancellationToken.None);
}
