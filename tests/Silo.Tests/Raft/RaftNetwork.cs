using System.Collections.Concurrent;
using System.Net;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.AspNetCore.Connections;

namespace SwarmOrleans.Tests.Silo.Raft;

/// <summary>The links between members: one can be cut off from the others' Raft traffic and joined again, and calls between managers are counted.</summary>
internal sealed class RaftNetwork
{
    private readonly Lock _lock = new();
    private readonly HashSet<EndPoint> _cutOff = [];
    private readonly List<(EndPoint From, EndPoint To, ConnectionContext Connection)> _links = [];

    /// <summary>Calls between managers so far, by caller and method name.</summary>
    public ConcurrentDictionary<(EndPoint Caller, string Method), int> Calls { get; } = new();

    public void CutOff(RaftMember member)
    {
        lock (_lock)
        {
            _cutOff.Add(member.Address);
            foreach (var (from, to, connection) in _links)
            {
                if (IsCut(from, to))
                {
                    connection.Abort(new ConnectionAbortedException("cut"));
                }
            }

            _links.RemoveAll(l => IsCut(l.From, l.To));
        }
    }

    public void Rejoin(RaftMember member)
    {
        lock (_lock)
        {
            _cutOff.Remove(member.Address);
        }
    }

    public IConnectionFactory LinksOf(EndPoint owner, IConnectionFactory inner) => new Links(this, owner, inner);

    public CallInvoker CallsOf(EndPoint owner, CallInvoker inner) => inner.Intercept(new Counter(this, owner));

    private bool IsCut(EndPoint from, EndPoint to) => _cutOff.Contains(from) || _cutOff.Contains(to);

    private sealed class Links(RaftNetwork network, EndPoint owner, IConnectionFactory inner) : IConnectionFactory
    {
        public async ValueTask<ConnectionContext> ConnectAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
        {
            ThrowIfCut(endpoint);
            var connection = await inner.ConnectAsync(endpoint, cancellationToken);
            lock (network._lock)
            {
                if (!network.IsCut(owner, endpoint))
                {
                    network._links.Add((owner, endpoint, connection));
                    return connection;
                }
            }

            await connection.DisposeAsync();
            throw new IOException("cut");
        }

        private void ThrowIfCut(EndPoint endpoint)
        {
            lock (network._lock)
            {
                if (network.IsCut(owner, endpoint))
                {
                    throw new IOException("cut");
                }
            }
        }
    }

    private sealed class Counter(RaftNetwork network, EndPoint owner) : Interceptor
    {
        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
            TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
        {
            network.Calls.AddOrUpdate((owner, context.Method.Name), 1, (_, count) => count + 1);
            return continuation(request, context);
        }
    }
}
