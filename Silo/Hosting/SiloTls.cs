using System.IO.Pipelines;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using SwarmOrleans.Contracts;
using SwarmOrleans.Security;

namespace SwarmOrleans.Silo.Hosting;

/// <summary>Mutual TLS between silos: managers only, with the node's own certificate.</summary>
internal static class SiloTls
{
    private static readonly TimeSpan HandshakePatience = TimeSpan.FromSeconds(5);

    /// <summary>Secures a silo's connections.</summary>
    /// <param name="builder">The pipeline of the connections.</param>
    /// <param name="security">This node's identity.</param>
    /// <param name="isServer">They come in; else they go out.</param>
    /// <param name="cut">Ends them all and lets no new one through.</param>
    public static void UseSwarmTls(
        this IConnectionBuilder builder, SecurityConfig security, bool isServer, CancellationToken cut) => builder.Use(next => async connection =>
    {
        await using var cutting = cut.UnsafeRegister(
            static c => ((ConnectionContext)c!).Abort(new ConnectionAbortedException("this silo has ended")), connection);
        if (cut.IsCancellationRequested)
        {
            return;
        }

        var original = connection.Transport;
        await using var tls = new SslStream(new PipeStream(original), leaveInnerStreamOpen: true);
        try
        {
            using var patience = new CancellationTokenSource(HandshakePatience);
            await (isServer
                ? tls.AuthenticateAsServerAsync(ServerOptions(security), patience.Token)
                : tls.AuthenticateAsClientAsync(security.ClientOptions(), patience.Token));
        }
        catch (Exception e) when (e is IOException or System.Security.Authentication.AuthenticationException or OperationCanceledException)
        {
            connection.Abort(new ConnectionAbortedException("the TLS handshake between managers failed", e));
            return;
        }

        var pipe = new TlsPipe(tls);
        try
        {
            connection.Transport = pipe;
            await next(connection);
        }
        finally
        {
            await pipe.Input.CompleteAsync();
            await pipe.Output.CompleteAsync();
            connection.Transport = original;
        }
    });

    private static SslServerAuthenticationOptions ServerOptions(SecurityConfig security)
    {
        var options = security.ServerOptions();
        options.RemoteCertificateValidationCallback = (_, certificate, chain, _) =>
            security.IsTrusted(certificate as X509Certificate2, chain, NodeRole.Manager);
        return options;
    }

    private sealed class TlsPipe(SslStream stream) : IDuplexPipe
    {
        public PipeReader Input { get; } = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: 16384, leaveOpen: true));

        public PipeWriter Output { get; } = PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true));
    }

    private sealed class PipeStream(IDuplexPipe pipe) : Stream
    {
        private readonly Stream _input = pipe.Input.AsStream(leaveOpen: true);
        private readonly Stream _output = pipe.Output.AsStream(leaveOpen: true);

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => _input.Read(buffer, offset, count);

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            _input.ReadAsync(buffer, cancellationToken);

        public override void Write(byte[] buffer, int offset, int count) => _output.Write(buffer, offset, count);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            _output.WriteAsync(buffer, cancellationToken);

        public override void Flush() => _output.Flush();

        public override Task FlushAsync(CancellationToken cancellationToken) => _output.FlushAsync(cancellationToken);

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
