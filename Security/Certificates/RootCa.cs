using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Security;

/// <summary>The cluster's certificate authority, with its key: what every manager signs with (A.4).</summary>
public sealed class RootCa : IDisposable
{
    /// <summary>How long a root lasts.</summary>
    public static readonly TimeSpan RootValidity = TimeSpan.FromSeconds(630_720_000);

    /// <summary>How long a node certificate lasts unless the cluster says otherwise.</summary>
    public static readonly TimeSpan DefaultNodeValidity = TimeSpan.FromHours(2160);

    /// <summary>Shortest validity of a node certificate.</summary>
    public static readonly TimeSpan MinNodeValidity = TimeSpan.FromHours(1);

    private const int SerialLength = 20;

    private readonly X509Certificate2 _certificate;

    private RootCa(X509Certificate2 certificate, byte[] certificatePem, byte[] keyPem)
    {
        _certificate = certificate;
        CertificatePem = certificatePem;
        KeyPem = keyPem;
    }

    /// <summary>The root certificate: exactly the bytes that tokens pin.</summary>
    public byte[] CertificatePem { get; }

    /// <summary>The private key, PKCS#8.</summary>
    public byte[] KeyPem { get; }

    /// <summary>A new root, valid from five minutes before <paramref name="now"/>.</summary>
    public static RootCa Create(DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var name = new X500DistinguishedNameBuilder();
        name.Add("2.5.4.3", NodeRoleNames.CertificateAuthority, UniversalTagNumber.PrintableString);
        var request = new CertificateRequest(name.Build(), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        var begin = ToMinute(now) - TimeSpan.FromMinutes(5);
        using var certificate = request.CreateSelfSigned(begin, begin + RootValidity);
        return FromPem(
            Encoding.ASCII.GetBytes(certificate.ExportCertificatePem() + "\n"), Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem() + "\n"));
    }

    /// <summary>A root from its PEM forms.</summary>
    /// <exception cref="CryptographicException">Not a certificate with its key.</exception>
    public static RootCa FromPem(byte[] certificatePem, byte[] keyPem) => new(
        X509Certificate2.CreateFromPem(Encoding.ASCII.GetString(certificatePem), Encoding.ASCII.GetString(keyPem)), certificatePem, keyPem);

    /// <summary>
    /// Issues a node certificate. Only the public key of the request is used; whatever else it contains has no effect.
    /// </summary>
    /// <param name="csrPem">The request, PEM.</param>
    /// <param name="nodeId">Common name.</param>
    /// <param name="role">Organizational unit.</param>
    /// <param name="clusterId">Organization.</param>
    /// <param name="validity">How long it lasts from now; at least <see cref="MinNodeValidity"/>, else the default is used.</param>
    /// <param name="now">Time of issue; the certificate is valid from an hour before.</param>
    /// <returns>The certificate, PEM.</returns>
    /// <exception cref="CryptographicException">The request cannot be decoded or its signature is wrong.</exception>
    public byte[] Issue(byte[] csrPem, string nodeId, NodeRole role, string clusterId, TimeSpan validity, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(csrPem);
        var request = new CertificateRequest(SubjectOf(nodeId, role, clusterId), PublicKeyOf(csrPem), HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(NodeRoleNames.Of(role));
        names.AddDnsName(nodeId);
        if (role == NodeRole.Manager)
        {
            names.AddDnsName(NodeRoleNames.CertificateAuthority);
        }

        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyEncipherment, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1"), new Oid("1.3.6.1.5.5.7.3.2")], critical: false));
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_certificate, true, false));
        request.CertificateExtensions.Add(names.Build());

        var begin = ToMinute(now) - TimeSpan.FromHours(1);
        var serial = RandomNumberGenerator.GetBytes(SerialLength);
        serial[0] &= 0x7f;
        var lasts = validity < MinNodeValidity ? DefaultNodeValidity : validity;
        // The back-dated hour may reach before the root's own begin, which only this overload allows.
        using var key = _certificate.GetECDsaPrivateKey() ?? throw new CryptographicException("the root CA's key is not an ECDSA key");
        var generator = X509SignatureGenerator.CreateForECDsa(key);
        using var issued = request.Create(_certificate.SubjectName, generator, begin, begin + lasts + TimeSpan.FromHours(1), serial);
        return Encoding.ASCII.GetBytes(issued.ExportCertificatePem() + "\n");
    }

    /// <inheritdoc />
    public void Dispose() => _certificate.Dispose();

    private static X500DistinguishedName SubjectOf(string nodeId, NodeRole role, string clusterId)
    {
        // The builder encodes what was added last first.
        var name = new X500DistinguishedNameBuilder();
        name.Add("2.5.4.3", nodeId, UniversalTagNumber.PrintableString);
        name.Add("2.5.4.11", NodeRoleNames.Of(role), UniversalTagNumber.PrintableString);
        name.Add("2.5.4.10", clusterId, UniversalTagNumber.PrintableString);
        return name.Build();
    }

    private static PublicKey PublicKeyOf(byte[] csrPem)
    {
        var pem = Encoding.ASCII.GetString(csrPem).Replace("NEW CERTIFICATE REQUEST", "CERTIFICATE REQUEST", StringComparison.Ordinal);
        try
        {
            return CertificateRequest.LoadSigningRequestPem(pem, HashAlgorithmName.SHA256).PublicKey;
        }
        catch (Exception e) when (e is ArgumentException or CryptographicException)
        {
            throw new CryptographicException($"CSR Decode failed: {e.Message}", e);
        }
    }

    private static DateTimeOffset ToMinute(DateTimeOffset time) =>
        new(time.Ticks / TimeSpan.TicksPerMinute * TimeSpan.TicksPerMinute, time.Offset);
}
