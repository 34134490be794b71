using Orleans;
using Orleans.Placement;
using SwarmOrleans.Silo.Reconciling;

namespace SwarmOrleans.Silo.Grains;

[PreferLocalPlacement]
internal sealed class NodeGrain(NodeRunner runner) : Grain, INodeGrain
{
    public Task<ReconcileResult> ReconcileAsync() => runner.ReconcileAsync(this.GetPrimaryKeyString(), CancellationToken.None);
}
