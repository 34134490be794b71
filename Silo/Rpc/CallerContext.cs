using System.Runtime.CompilerServices;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using SwarmOrleans.Contracts;
using SwarmOrleans.Security;

namespace SwarmOrleans.Silo.Rpc;

/// <summary>Who makes a call.</summary>
internal static class CallerContext
{
    /// <summary>Marks connections of the control socket: whoever may open it is taken for this manager.</summary>
    public static readonly object LocalConnection = new();

    // A connection has one certificate and very many calls.
    private static readonly ConditionalWeakTable<X509Certificate2, PeerIdentity> Identities = [];

    /// <summary>The caller's node id, role and cluster; null without a certificate.</summary>
    public static PeerIdentity? Of(ServerCallContext context, SecurityConfig security)
    {
        var http = context.GetHttpContext();
        if (IsLocal(http))
        {
            return security.Current.Self;
        }

        return http.Connection.ClientCertificate is { } certificate ? IdentityOf(certificate) : null;
    }

    /// <summary>True on the control socket.</summary>
    public static bool IsLocal(HttpContext http) =>
        http.Features.Get<IConnectionItemsFeature>()?.Items.ContainsKey(LocalConnection) == true;

    /// <summary>The caller's node; the interceptor has let only nodes through.</summary>
    public static string NodeIdOf(ServerCallContext context, SecurityConfig security) => Of(context, security)?.NodeId
        ?? throw new RpcException(new Status(StatusCode.PermissionDenied, "Permission denied: no client certificates in request"));

    /// <summary>The address that the caller is seen at; empty if unknown.</summary>
    public static string AddressOf(ServerCallContext context) => context.GetHttpContext().Connection.RemoteIpAddress?.MapToIPv4().ToString() ?? "";

    private static PeerIdentity? IdentityOf(X509Certificate2 certificate)
    {
        if (!Identities.TryGetValue(certificate, out var identity) && (identity = PeerIdentity.Of(certificate)) is not null)
        {
            Identities.AddOrUpdate(certificate, identity);
        }

        return identity;
    }
}
