using Grpc.Core;
using SwarmOrleans.Contracts;
using SwarmOrleans.Control;
using SwarmOrleans.Store;
using SwarmOrleans.Store.Log;

namespace SwarmOrleans.Silo.Hosting;

/// <summary>How the managers are, as the leader's log knows it: a follower has talked to the others only if it once asked for their votes.</summary>
internal sealed class ManagerHealth(ISwarmStore store, Func<IConsensusLog?> log, PeerChannels peers, TimeProvider time) : IManagerHealth
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>True unless this manager has found that the other does not answer. To be asked on the leader.</summary>
    public bool IsReachable(string address) => log()?.Members.Any(m => m.Address == address && m.IsReachable) == true;

    public async Task<GroupHealth> ObserveAsync(CancellationToken cancellationToken)
    {
        var leadership = store.Leadership;
        if (leadership is { IsLeader: true } or { LeaderAddress: null })
        {
            return new GroupHealth(leadership.LeaderAddress, Own());
        }

        try
        {
            var client = new ManagerGroup.ManagerGroupClient(peers.To(leadership.LeaderAddress));
            var answer = await client.GetLeaderAsync(
                new GetLeaderRequest(), deadline: time.GetUtcNow().UtcDateTime + Patience, cancellationToken: cancellationToken);
            return answer.Addr == leadership.LeaderAddress
                ? new GroupHealth(answer.Addr, answer.Unreachable.ToHashSet())
                : new GroupHealth(answer.Addr.Length > 0 ? answer.Addr : null, Own());
        }
        catch (RpcException) when (!cancellationToken.IsCancellationRequested)
        {
            return new GroupHealth(leadership.LeaderAddress, Own().Append(leadership.LeaderAddress).ToHashSet());
        }
    }

    private HashSet<string> Own() => [.. (log()?.Members ?? []).Where(m => !m.IsReachable).Select(m => m.Address)];
}
