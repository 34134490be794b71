using Grpc.Core;
using SwarmOrleans.Contracts;
using SwarmOrleans.Store;
using HealthRpc = SwarmOrleans.Contracts.Health;

namespace SwarmOrleans.Silo.Rpc;

/// <summary>Tells whether this manager can serve: it knows a leader.</summary>
public sealed class HealthService(ISwarmStore store) : HealthRpc.HealthBase
{
    /// <inheritdoc />
    public override Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context)
    {
        var isServing = store.Leadership.IsLeader || store.Leadership.LeaderAddress is not null;
        return Task.FromResult(new HealthCheckResponse
        {
            Status = isServing ? HealthCheckResponse.Types.ServingStatus.Serving : HealthCheckResponse.Types.ServingStatus.NotServing,
        });
    }
}
