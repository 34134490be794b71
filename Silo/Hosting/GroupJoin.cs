using Grpc.Core;
using Microsoft.Extensions.Logging;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Silo.Hosting;

/// <summary>Becomes a member of the Raft group: asks the managers that are known who leads, and the leader to be added.</summary>
internal sealed partial class GroupJoin(ManagerOptions options, PeerChannels peers)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(300);

    private readonly ILogger _logger = options.LoggerFactory.CreateLogger<GroupJoin>();

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var own = options.AdvertiseRemoteApi.ToString();
        for (var i = 0; ; i++)
        {
            var address = options.Managers[i % options.Managers.Count];
            try
            {
                var asked = new ManagerGroup.ManagerGroupClient(peers.To(address));
                var leader = await asked.GetLeaderAsync(new GetLeaderRequest(), cancellationToken: cancellationToken);
                if (leader.Addr.Length > 0)
                {
                    var client = new ManagerGroup.ManagerGroupClient(peers.To(leader.Addr));
                    await client.AddMemberAsync(new AddMemberRequest { Addr = own }, cancellationToken: cancellationToken);
                    return;
                }
            }
            catch (RpcException e) when (!cancellationToken.IsCancellationRequested)
            {
                LogNotAdded(address, e.Status.Detail);
            }

            await Task.Delay(Pause, options.TimeProvider, cancellationToken);
        }
    }

    [LoggerMessage(5020, LogLevel.Warning, "not yet a member of the group (asked {Manager}): {Reason}")]
    private partial void LogNotAdded(string manager, string reason);
}
