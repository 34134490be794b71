using System.IO.Pipelines;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace SwarmOrleans.Raft.Transport;

/// <summary>Dials other members with mutual TLS and the ALPN protocol of Raft.</summary>
/// <param name="options">Made anew for each connection, so that renewed certificates are used; its ALPN list is set here.</param>
public sealed class RaftConnector(Func<EndPoint, SslClientAuthenticationOptions> options) : IConnectionFactory
{
    /// <inheritdoc />
    public async ValueTask<ConnectionContext> ConnectAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(endpoint, cancellationToken);
            var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
            var tls = options(endpoint);
            tls.ApplicationProtocols = [new SslApplicationProtocol(RaftListener.Protocol)];
            await stream.AuthenticateAsClientAsync(tls, cancellationToken);
            if (stream.NegotiatedApplicationProtocol != tls.ApplicationProtocols[0])
            {
                await stream.DisposeAsync();
                throw new IOException($"{endpoint} does not speak {RaftListener.Protocol}");
            }

            return new StreamConnection(stream, socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private sealed class StreamConnection : DefaultConnectionContext, IDuplexPipe, IDisposable
    {
        private readonly SslStream _stream;
        private readonly Socket _socket;

        public StreamConnection(SslStream stream, Socket socket)
        {
            (_stream, _socket) = (stream, socket);
            Input = PipeReader.Create(stream, new StreamPipeReaderOptions(leaveOpen: true));
            Output = PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true));
            Transport = this;
            LocalEndPoint = socket.LocalEndPoint;
            RemoteEndPoint = socket.RemoteEndPoint;
        }

        public PipeReader Input { get; }

        public PipeWriter Output { get; }

        public override void Abort(ConnectionAbortedException abortReason) => _socket.Dispose();

        public override async ValueTask DisposeAsync()
        {
            await _stream.DisposeAsync();
            _socket.Dispose();
            await base.DisposeAsync();
        }

        public void Dispose()
        {
            _stream.Dispose();
            _socket.Dispose();
        }
    }
}
