using SwarmOrleans.Contracts;
using SwarmOrleans.Security;

namespace SwarmOrleans.Testing;

/// <summary>Identities of throw-away clusters.</summary>
public static class Identities
{
    /// <summary>A node's identity, of <paramref name="root"/> or of a new root.</summary>
    public static (NodeIdentity Identity, RootCa Root) Issue(string nodeId, NodeRole role, RootCa? root = null)
    {
        var now = TimeProvider.System.GetUtcNow();
        root ??= RootCa.Create(now);
        var csr = CertificateSigningRequest.Create();
        var certificate = root.Issue(csr.CsrPem, nodeId, role, "cluster1", RootCa.DefaultNodeValidity, now);
        return (NodeIdentity.Create(certificate, csr.KeyPem, root.CertificatePem), root);
    }
}
