using System.Net.Sockets;
using Grpc.Net.Client;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Tests.EndToEnd.Harness;

/// <summary>A client at a manager's control socket, for what starting a program each time would make slow.</summary>
internal sealed class ControlConnection : IDisposable
{
    private readonly GrpcChannel _channel;

    private ControlConnection(GrpcChannel channel) => _channel = channel;

    public Contracts.Control.ControlClient Client => new(_channel);

    public static ControlConnection Open(string socketPath) => new(GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions
    {
        DisposeHttpClient = true,
        MaxReceiveMessageSize = null,
        HttpHandler = new SocketsHttpHandler
        {
            EnableMultipleHttp2Connections = true,
            ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(socketPath), cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            },
        },
    }));

    public async Task<int> ConfigsAsync() => (await Client.ListConfigsAsync(new ListConfigsRequest())).Configs.Count;

    /// <summary>Creates a config of 300 bytes.</summary>
    public async Task WriteAsync(string name) => await Client.CreateConfigAsync(new CreateConfigRequest
    {
        Spec = new ConfigSpec { Annotations = new Annotations { Name = name }, Data = Google.Protobuf.ByteString.CopyFrom(new byte[300]) },
    });

    public void Dispose() => _channel.Dispose();
}
