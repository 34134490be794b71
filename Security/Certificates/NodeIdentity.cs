using System.Security.Cryptography.X509Certificates;
using System.Text;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Security;

/// <summary>Who a node is: what its certificate says, its key, and the roots that it trusts.</summary>
public sealed class NodeIdentity
{
    private NodeIdentity(X509Certificate2Collection chain, X509Certificate2Collection roots, byte[] rootPem, PeerIdentity self)
    {
        Chain = chain;
        Roots = roots;
        RootPem = rootPem;
        Self = self;
    }

    /// <summary>The node's own certificate with its key.</summary>
    public X509Certificate2 Certificate => Chain[0];

    /// <summary>The certificate and the intermediates above it.</summary>
    public X509Certificate2Collection Chain { get; }

    /// <summary>The trusted roots.</summary>
    public X509Certificate2Collection Roots { get; }

    /// <summary>The trusted roots as they were received.</summary>
    public byte[] RootPem { get; }

    /// <summary>Node id, role and cluster id.</summary>
    public PeerIdentity Self { get; }

    /// <summary>Puts an identity together and checks that it is one: the key fits, and the chain leads to a root.</summary>
    /// <exception cref="InvalidDataException">It is not; the message says why.</exception>
    public static NodeIdentity Create(byte[] certificatePem, string keyPem, byte[] rootPem)
    {
        try
        {
            var roots = new X509Certificate2Collection();
            roots.ImportFromPem(Encoding.ASCII.GetString(rootPem));
            var chain = new X509Certificate2Collection();
            chain.ImportFromPem(Encoding.ASCII.GetString(certificatePem));
            if (roots.Count == 0 || chain.Count == 0)
            {
                throw new InvalidDataException("no certificate found");
            }

            chain[0] = X509Certificate2.CreateFromPem(Encoding.ASCII.GetString(certificatePem), keyPem);
            var self = PeerIdentity.Of(chain[0]) ?? throw new InvalidDataException("the certificate names no node, role and cluster");
            return CertificateChains.Verify(chain[0], chain, roots) is { } failure
                ? throw new InvalidDataException($"the node's certificate is not trusted: {failure}")
                : new NodeIdentity(chain, roots, rootPem, self);
        }
        catch (Exception e) when (e is System.Security.Cryptography.CryptographicException or ArgumentException)
        {
            throw new InvalidDataException($"the node's certificate or key cannot be read: {e.Message}", e);
        }
    }
}

/// <summary>What a certificate says about its holder.</summary>
/// <param name="NodeId">Common name.</param>
/// <param name="Role">Organizational unit.</param>
/// <param name="ClusterId">Organization.</param>
public sealed record PeerIdentity(string NodeId, NodeRole Role, string ClusterId)
{
    /// <summary>Reads the subject; null when it is not a node's.</summary>
    public static PeerIdentity? Of(X509Certificate2 certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        string? id = null, unit = null, organization = null;
        foreach (var part in certificate.SubjectName.EnumerateRelativeDistinguishedNames(reversed: false))
        {
            if (part.HasMultipleElements)
            {
                return null;
            }

            switch (part.GetSingleElementType().Value)
            {
                case "2.5.4.3":
                    id = part.GetSingleElementValue();
                    break;
                case "2.5.4.11":
                    unit ??= part.GetSingleElementValue();
                    break;
                case "2.5.4.10":
                    organization ??= part.GetSingleElementValue();
                    break;
            }
        }

        NodeRole? role = unit switch
        {
            NodeRoleNames.Manager => NodeRole.Manager,
            NodeRoleNames.Worker => NodeRole.Worker,
            _ => null,
        };
        return string.IsNullOrEmpty(id) || string.IsNullOrEmpty(organization) || role is null ? null : new PeerIdentity(id, role.Value, organization);
    }
}
