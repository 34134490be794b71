using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using SwarmOrleans.Contracts;
using SwarmOrleans.Raft.Transport;
using SwarmOrleans.Security;

namespace SwarmOrleans.Silo.Hosting;

/// <summary>The remote API's listener: gRPC and Raft behind one mutually authenticated port.</summary>
public static class SwarmListener
{
    /// <summary>Makes an endpoint of Kestrel's the remote API.</summary>
    public static void UseSwarm(this ListenOptions options, SecurityConfig security, RaftListener? raft)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Protocols = HttpProtocols.Http2;
        SslApplicationProtocol[] protocols = raft is null
            ? [SslApplicationProtocol.Http2]
            : [new SslApplicationProtocol(RaftListener.Protocol), SslApplicationProtocol.Http2];
        options.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => new(security.ServerOptions(protocols)) });
        options.Use(next => connection => Protocol(connection) switch
        {
            RaftListener.Protocol when raft is not null => ServeRaftAsync(connection, raft),
            "" => ServeWithoutAlpnAsync(connection, next),
            _ => next(connection),
        });
    }

    private static string Protocol(ConnectionContext connection)
    {
        var protocol = connection.Features.Get<ITlsApplicationProtocolFeature>()?.ApplicationProtocol ?? default;
        return Encoding.ASCII.GetString(protocol.Span);
    }

    private static async Task ServeRaftAsync(ConnectionContext connection, RaftListener raft)
    {
        // The handshake has verified the certificate; only managers may speak Raft.
        var certificate = connection.Features.Get<ITlsConnectionFeature>()?.ClientCertificate;
        if (certificate is not null && PeerIdentity.Of(certificate)?.Role == NodeRole.Manager)
        {
            await raft.HandleAsync(connection);
        }
    }

    // A Docker engine whose certificate was renewed once dials without ALPN and speaks HTTP/2 all the same.
    private static Task ServeWithoutAlpnAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        connection.Features.Set<ITlsApplicationProtocolFeature>(new Http2Spoken());
        return next(connection);
    }

    private sealed class Http2Spoken : ITlsApplicationProtocolFeature
    {
        public ReadOnlyMemory<byte> ApplicationProtocol { get; } = "h2"u8.ToArray();
    }
}
