using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Security;

/// <summary>
/// The node's identity now, and TLS made from it. A renewed identity is used by the next connection; there is no TLS without it.
/// </summary>
public sealed class SecurityConfig(NodeIdentity identity)
{
    private NodeIdentity _current = identity;

    /// <summary>The identity in use.</summary>
    public NodeIdentity Current => Volatile.Read(ref _current);

    /// <summary>Uses another identity from now on.</summary>
    public void Replace(NodeIdentity identity) => Volatile.Write(ref _current, identity);

    /// <summary>
    /// For a listener. A client may come without a certificate, to join; one that it shows must be of this cluster (A.5).
    /// </summary>
    public SslServerAuthenticationOptions ServerOptions(params SslApplicationProtocol[] protocols) => new()
    {
        ServerCertificateContext = SslStreamCertificateContext.Create(Current.Certificate, Current.Chain, offline: true),
        ClientCertificateRequired = true,
        RemoteCertificateValidationCallback = (_, certificate, chain, _) =>
            certificate is null || IsTrusted(certificate as X509Certificate2, chain, null),
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        ApplicationProtocols = [.. protocols],
    };

    /// <summary>For dialling a manager.</summary>
    public SslClientAuthenticationOptions ClientOptions(params SslApplicationProtocol[] protocols) => new()
    {
        TargetHost = NodeRoleNames.Manager,
        ClientCertificateContext = SslStreamCertificateContext.Create(Current.Certificate, Current.Chain, offline: true),
        RemoteCertificateValidationCallback = (_, certificate, chain, _) => IsTrusted(certificate as X509Certificate2, chain, NodeRole.Manager),
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        ApplicationProtocols = [.. protocols],
    };

    /// <summary>True when the certificate is of a node of this cluster, and of that role if one is given.</summary>
    public bool IsTrusted(X509Certificate2? certificate, X509Chain? received, NodeRole? role)
    {
        if (certificate is null || PeerIdentity.Of(certificate) is not { } peer)
        {
            return false;
        }

        var current = Current;
        return peer.ClusterId == current.Self.ClusterId && (role is null || peer.Role == role)
            && CertificateChains.Verify(certificate, received?.ChainPolicy.ExtraStore, current.Roots) is null;
    }

    /// <summary>An HTTP/2 handler for gRPC to managers. Connections are kept alive, so that a silent peer is noticed.</summary>
    public SocketsHttpHandler CreateHandler() => new()
    {
        SslOptions = ClientOptions(SslApplicationProtocol.Http2),
        EnableMultipleHttp2Connections = true,
        ConnectTimeout = TimeSpan.FromSeconds(5),
        KeepAlivePingDelay = TimeSpan.FromSeconds(10),
        KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
        UseProxy = false,
    };
}
