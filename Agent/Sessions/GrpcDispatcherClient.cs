using System.Runtime.CompilerServices;
using Grpc.Core;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Agent;

/// <summary>The dispatcher over gRPC.</summary>
public sealed class GrpcDispatcherClient(CallInvoker invoker) : IDispatcherClient
{
    private readonly Dispatcher.DispatcherClient _client = new(invoker);

    /// <inheritdoc />
    public async IAsyncEnumerable<SessionMessage> SessionAsync(SessionRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var call = _client.Session(request, cancellationToken: cancellationToken);
        await foreach (var message in call.ResponseStream.ReadAllAsync(cancellationToken))
        {
            yield return message;
        }
    }

    /// <inheritdoc />
    public async Task<TimeSpan> HeartbeatAsync(string sessionId, CancellationToken cancellationToken)
    {
        var response = await _client.HeartbeatAsync(new HeartbeatRequest { SessionId = sessionId }, cancellationToken: cancellationToken);
        return response.Period.ToTimeSpan();
    }

    /// <inheritdoc />
    public async IAsyncEnumerable<AssignmentsMessage> AssignmentsAsync(
        string sessionId, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var call = _client.Assignments(new AssignmentsRequest { SessionId = sessionId }, cancellationToken: cancellationToken);
        await foreach (var message in call.ResponseStream.ReadAllAsync(cancellationToken))
        {
            yield return message;
        }
    }

    /// <inheritdoc />
    public async Task UpdateTaskStatusAsync(UpdateTaskStatusRequest request, CancellationToken cancellationToken) =>
        await _client.UpdateTaskStatusAsync(request, cancellationToken: cancellationToken);
}
