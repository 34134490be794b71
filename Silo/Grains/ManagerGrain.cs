using Orleans;
using SwarmOrleans.Store;

namespace SwarmOrleans.Silo.Grains;

[ManagerPlacement]
internal sealed class ManagerGrain(ISwarmStore store) : Grain, IManagerGrain
{
    public Task<ManagerReport> ReportAsync() => Task.FromResult(new ManagerReport(
        store.Current.Version,
        store.Leadership.Term,
        store.Leadership.IsLeader,
        store.Current.Sessions.OfManager(this.GetPrimaryKeyString()).Count));
}
