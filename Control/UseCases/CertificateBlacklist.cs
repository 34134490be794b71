using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;
using SwarmOrleans.Security;

namespace SwarmOrleans.Control;

/// <summary>The certificates of removed nodes: refused until they would have expired anyway (API-29).</summary>
internal static class CertificateBlacklist
{
    // Clocks differ, and a renewal may have been under way.
    private static readonly TimeSpan Grace = TimeSpan.FromDays(7);

    public static void Add(Cluster cluster, Node node, DateTimeOffset now)
    {
        var expiry = ExpiryOf(node) ?? now + (cluster.Spec.CaConfig?.NodeCertExpiry?.ToTimeSpan() ?? RootCa.DefaultNodeValidity);
        cluster.BlacklistedCertificates[node.Id] = new BlacklistedCertificate { Expiry = Timestamp.FromDateTimeOffset(expiry + Grace) };
    }

    public static void DropExpired(Cluster cluster, DateTimeOffset now)
    {
        var expired = cluster.BlacklistedCertificates.Where(c => c.Value.Expiry?.ToDateTimeOffset() <= now).Select(c => c.Key).ToList();
        expired.ForEach(id => cluster.BlacklistedCertificates.Remove(id));
    }

    private static DateTimeOffset? ExpiryOf(Node node)
    {
        if (node.Certificate is not { Certificate_.IsEmpty: false } issued)
        {
            return null;
        }

        try
        {
            using var certificate = X509Certificate2.CreateFromPem(issued.Certificate_.ToStringUtf8());
            return certificate.NotAfter.ToUniversalTime();
        }
        catch (CryptographicException)
        {
            return null;
        }
    }
}
