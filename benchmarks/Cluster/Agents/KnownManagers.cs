using Grpc.Net.Client;
using SwarmOrleans.Agent;
using SwarmOrleans.Contracts;
using SwarmOrleans.Security;

namespace SwarmOrleans.Benchmarks.ClusterLoad.Agents;

/// <summary>Picks among the managers at random, not one again that has just failed.</summary>
internal sealed class KnownManagers(SecurityConfig security, Random random, IEnumerable<string> initial) : IManagerSource
{
    private string[] _addresses = [.. initial];
    private string _failed = "";

    public IManagerLink? Pick()
    {
        var candidates = _addresses.Where(a => a != _failed).DefaultIfEmpty(_addresses[0]).ToArray();
        return new Link(candidates[random.Next(candidates.Length)], security);
    }

    public void Observe(IReadOnlyList<WeightedPeer> managers)
    {
        if (managers.Count > 0)
        {
            _addresses = [.. managers.Select(m => m.Peer.Addr)];
        }
    }

    public void ReportFailure(IManagerLink link) => _failed = link.Address;

    private sealed class Link(string address, SecurityConfig security) : IManagerLink
    {
        private readonly GrpcChannel _channel = GrpcChannel.ForAddress(
            $"https://{address}",
            new GrpcChannelOptions { HttpHandler = security.CreateHandler(), DisposeHttpClient = true, MaxReceiveMessageSize = null });

        public string Address => address;

        public IDispatcherClient Dispatcher => new GrpcDispatcherClient(_channel.CreateCallInvoker());

        public ValueTask DisposeAsync()
        {
            _channel.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
