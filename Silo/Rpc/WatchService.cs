using Grpc.Core;
using SwarmOrleans.Contracts;
using SwarmOrleans.Control;
using SwarmOrleans.Control.Watching;
using WatchRpc = SwarmOrleans.Contracts.Watch;

namespace SwarmOrleans.Silo.Rpc;

/// <summary>Streams of changes over gRPC.</summary>
public sealed class WatchService(Watches watches) : WatchRpc.WatchBase
{
    /// <inheritdoc />
    public override async Task Watch(WatchRequest request, IServerStreamWriter<WatchMessage> responseStream, ServerCallContext context)
    {
        try
        {
            await foreach (var message in watches.WatchAsync(request, context.CancellationToken))
            {
                await responseStream.WriteAsync(message, context.CancellationToken);
            }
        }
        catch (UseCaseException e)
        {
            throw UseCaseErrors.ToRpc(e);
        }
        catch (OperationCanceledException) when (context.CancellationToken.IsCancellationRequested)
        {
            // The watcher has gone.
        }
    }
}
