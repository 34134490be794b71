using System.Security.Cryptography.X509Certificates;

namespace SwarmOrleans.Security;

/// <summary>Verifies chains against the cluster's own roots; the machine's trust store plays no part.</summary>
internal static class CertificateChains
{
    /// <summary>Null when <paramref name="leaf"/> leads to one of <paramref name="roots"/>, else why not.</summary>
    public static string? Verify(X509Certificate2 leaf, X509Certificate2Collection? intermediates, X509Certificate2Collection roots)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(roots);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        if (intermediates is not null)
        {
            chain.ChainPolicy.ExtraStore.AddRange(intermediates);
        }

        return chain.Build(leaf) ? null : string.Join(", ", chain.ChainStatus.Select(s => s.StatusInformation.Trim()));
    }
}
