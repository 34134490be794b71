using SwarmOrleans.Control;
using SwarmOrleans.Store;
using SwarmOrleans.Store.Log;

namespace SwarmOrleans.Silo.Hosting;

/// <summary>How the managers are, as the log knows it.</summary>
internal sealed class ManagerHealth(ISwarmStore store, Func<IConsensusLog?> log) : IManagerHealth
{
    public string? LeaderAddress => store.Leadership.LeaderAddress;

    public bool IsReachable(string address) => log()?.Members.Any(m => m.Address == address && m.IsReachable) == true;
}
