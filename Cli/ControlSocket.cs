using System.Net.Sockets;
using Grpc.Core;
using Grpc.Net.Client;

namespace SwarmOrleans.Cli;

/// <summary>gRPC over a manager's control socket.</summary>
internal static class ControlSocket
{
    public const string Default = "/var/run/swarmd.sock";

    public static CallInvoker Connect(string path) => GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions
    {
        MaxReceiveMessageSize = null,
        HttpHandler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch (SocketException e)
                {
                    socket.Dispose();
                    throw new IOException($"{path}: {e.Message}", e);
                }
            },
        },
    }).CreateCallInvoker();
}
