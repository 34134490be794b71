using System.Collections.Concurrent;
using Grpc.Core;
using Grpc.Net.Client;
using SwarmOrleans.Security;

namespace SwarmOrleans.Silo.Hosting;

/// <summary>One gRPC channel to each manager, made when first needed.</summary>
public sealed class PeerChannels(SecurityConfig security) : IDisposable
{
    private readonly ConcurrentDictionary<string, GrpcChannel> _channels = new();

    /// <summary>Calls to the manager at host:port.</summary>
    public CallInvoker To(string address) => _channels.GetOrAdd(address, Create).CreateCallInvoker();

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (var channel in _channels.Values)
        {
            channel.Dispose();
        }
    }

    private GrpcChannel Create(string address) => GrpcChannel.ForAddress(
        $"https://{address}",
        new GrpcChannelOptions
        {
            HttpHandler = security.CreateHandler(),
            DisposeHttpClient = true,
            MaxReceiveMessageSize = null,
            MaxSendMessageSize = null,
        });
}
