using Google.Protobuf;
using Grpc.Core;
using SwarmOrleans.Contracts;
using SwarmOrleans.Store.Log;

namespace SwarmOrleans.Raft.Group;

/// <summary>Calls to other managers of the group.</summary>
internal sealed class GroupClient(Func<string, CallInvoker> peers)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public async Task ForwardAsync(string address, IReadOnlyList<ReadOnlyMemory<byte>> commands, CancellationToken cancellationToken)
    {
        var request = new ForwardRequest();
        foreach (var command in commands)
        {
            request.Commands.Add(UnsafeByteOperations.UnsafeWrap(command));
        }

        var response = await CallAsync(address, c => c.ForwardAsync(request, Options(cancellationToken)));
        if (!response.Queued)
        {
            throw new NotLeaderException($"{address} does not lead, or its queue is full");
        }
    }

    public async Task<long> ReadIndexAsync(string address, CancellationToken cancellationToken) =>
        (await CallAsync(address, c => c.ReadIndexAsync(new ReadIndexRequest(), Options(cancellationToken)))).Index;

    public async Task PullSnapshotAsync(string address, long index, long term, long offset, Stream destination, CancellationToken cancellationToken)
    {
        var client = new ManagerGroup.ManagerGroupClient(peers(address));
        using var call = client.PullSnapshot(
            new PullSnapshotRequest { Index = index, Term = term, Offset = offset }, cancellationToken: cancellationToken);
        await foreach (var part in call.ResponseStream.ReadAllAsync(cancellationToken))
        {
            await destination.WriteAsync(part.Content.Memory, cancellationToken);
        }
    }

    private static CallOptions Options(CancellationToken cancellationToken) =>
        new(deadline: TimeProvider.System.GetUtcNow().UtcDateTime + Patience, cancellationToken: cancellationToken);

    private async Task<T> CallAsync<T>(string address, Func<ManagerGroup.ManagerGroupClient, AsyncUnaryCall<T>> call)
    {
        try
        {
            return await call(new ManagerGroup.ManagerGroupClient(peers(address)));
        }
        catch (RpcException e) when (e.StatusCode != StatusCode.Cancelled)
        {
            throw new NotLeaderException($"{address} cannot be asked: {e.Status.Detail}", e);
        }
    }
}
