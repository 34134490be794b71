using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace SwarmOrleans.Security;

/// <summary>A new key and the request to certify it: an empty subject, since the authority decides what the node is (A.3).</summary>
/// <param name="CsrPem">The request.</param>
/// <param name="KeyPem">The private key, PKCS#8; it never leaves the node.</param>
public sealed record CertificateSigningRequest(byte[] CsrPem, string KeyPem)
{
    /// <summary>A request for a new P-256 key.</summary>
    public static CertificateSigningRequest Create()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(new X500DistinguishedName([0x30, 0x00]), key, HashAlgorithmName.SHA256);
        return new CertificateSigningRequest(Encoding.ASCII.GetBytes(request.CreateSigningRequestPem() + "\n"), key.ExportPkcs8PrivateKeyPem());
    }
}
