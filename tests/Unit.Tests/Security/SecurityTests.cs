using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using CsCheck;
using Google.Protobuf.Reflection;
using SwarmOrleans.Contracts;
using SwarmOrleans.Security;
using SwarmOrleans.Testing;

namespace SwarmOrleans.Tests.Unit.Security;

public sealed class SecurityTests
{
    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

    [Fact]
    public void Token_HasTheFormOfSwarmKits_AndPinsTheRoot()
    {
        using var root = RootCa.Create(Now);
        var token = JoinToken.Create(root.CertificatePem);
        Assert.Matches("^SWMTKN-1-[0-9a-z]{50}-[0-9a-z]{25}$", token);
        Assert.True(JoinToken.Matches(token, root.CertificatePem));
        using var other = RootCa.Create(Now);
        Assert.False(JoinToken.Matches(token, other.CertificatePem));
        Assert.NotEqual(token, JoinToken.Create(root.CertificatePem));
    }

    [Theory]
    [InlineData("")]
    [InlineData("SWMTKN")]
    [InlineData("SWMTKN-1-abc-def")]
    [InlineData("SWMTKN-3-00000000000000000000000000000000000000000000000000-0000000000000000000000000")]
    [InlineData("SWMTKN-2-7-00000000000000000000000000000000000000000000000000-0000000000000000000000000")]
    [InlineData("SWMTKN-1-00000000000000000000000000000000000000000000000000-000000000000000000000000")]
    public void MalformedToken_IsRefusedByRule(string token) =>
        Assert.StartsWith("invalid join token", Assert.Throws<FormatException>(() => JoinToken.ParseDigest(token)).Message, StringComparison.Ordinal);

    [Fact]
    public void AnyText_ParsesOrIsRefused_ButNeverBreaks() => Gen.String.Sample(text =>
    {
        try
        {
            _ = JoinToken.ParseDigest(text);
        }
        catch (FormatException)
        {
        }
    });

    [Fact]
    public void Root_IsAsSwarmKitMakesIt()
    {
        using var root = RootCa.Create(Now);
        using var certificate = X509Certificate2.CreateFromPem(Encoding.ASCII.GetString(root.CertificatePem));
        Assert.Equal("30133111300F06035504031308737761726D2D6361", Convert.ToHexString(certificate.SubjectName.RawData));
        Assert.Equal(RootCa.RootValidity, certificate.NotAfter - certificate.NotBefore);
    }

    [Fact]
    public void Leaf_NamesNodeRoleAndCluster_InSwarmKitsOrder()
    {
        var (identity, _) = Identities.Issue("node1", NodeRole.Manager);
        Assert.Equal(new PeerIdentity("node1", NodeRole.Manager, "cluster1"), identity.Self);
        Assert.Equal("O=cluster1, OU=swarm-manager, CN=node1", new X500DistinguishedName(identity.Certificate.SubjectName.RawData).Decode(X500DistinguishedNameFlags.None));
        var names = identity.Certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().Single().EnumerateDnsNames();
        Assert.Equal(["swarm-manager", "node1", "swarm-ca"], names);
    }

    [Fact]
    public void CsrContents_HaveNoEffectButTheKey()
    {
        using var root = RootCa.Create(Now);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=someone-else, OU=swarm-manager", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var csr = Encoding.ASCII.GetBytes(request.CreateSigningRequestPem());
        using var leaf = X509Certificate2.CreateFromPem(Encoding.ASCII.GetString(
            root.Issue(csr, "node1", NodeRole.Worker, "cluster1", RootCa.DefaultNodeValidity, Now)));
        Assert.Equal(new PeerIdentity("node1", NodeRole.Worker, "cluster1"), PeerIdentity.Of(leaf));
        Assert.False(leaf.Extensions.OfType<X509BasicConstraintsExtension>().Single().CertificateAuthority);
    }

    [Theory]
    [InlineData("")]
    [InlineData("not a csr")]
    [InlineData("-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n")]
    public void UndecodableCsr_IsRefused(string csr)
    {
        using var root = RootCa.Create(Now);
        var e = Assert.Throws<CryptographicException>(() =>
            root.Issue(Encoding.ASCII.GetBytes(csr), "n", NodeRole.Worker, "c", RootCa.DefaultNodeValidity, Now));
        Assert.Contains("CSR Decode failed", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void CertificateOfAnotherRoot_IsNotTrusted()
    {
        var (mine, root) = Identities.Issue("node1", NodeRole.Manager);
        var config = new SecurityConfig(mine);
        Assert.True(config.IsTrusted(Identities.Issue("node2", NodeRole.Manager, root).Identity.Certificate, null, NodeRole.Manager));
        Assert.False(config.IsTrusted(Identities.Issue("node2", NodeRole.Worker, root).Identity.Certificate, null, NodeRole.Manager));
        Assert.False(config.IsTrusted(Identities.Issue("node2", NodeRole.Manager).Identity.Certificate, null, NodeRole.Manager));
    }

    [Fact]
    public void KeyThatDoesNotFit_IsNoIdentity()
    {
        using var root = RootCa.Create(Now);
        var csr = CertificateSigningRequest.Create();
        var certificate = root.Issue(csr.CsrPem, "n", NodeRole.Worker, "c", RootCa.DefaultNodeValidity, Now);
        Assert.Throws<InvalidDataException>(() =>
            NodeIdentity.Create(certificate, CertificateSigningRequest.Create().KeyPem, root.CertificatePem));
    }

    [Fact]
    public void StateDirectory_KeepsIdentityAndKeyring_AndLocksOutASecondProcess()
    {
        var path = Path.Combine(Path.GetTempPath(), "swarmorleans-" + Guid.NewGuid().ToString("N"));
        try
        {
            using var root = RootCa.Create(Now);
            var csr = CertificateSigningRequest.Create();
            var certificate = root.Issue(csr.CsrPem, "n", NodeRole.Manager, "c", RootCa.DefaultNodeValidity, Now);
            using (var directory = StateDirectory.Open(path))
            {
                Assert.False(directory.HasIdentity);
                Assert.Throws<IOException>(() => StateDirectory.Open(path));
                directory.SaveIdentity(certificate, csr.KeyPem, root.CertificatePem);
                Assert.Null(directory.LoadKeyring());
                directory.SaveKeyring(new Dictionary<int, byte[]> { [1] = [1, 2, 3], [2] = [4] }, 2);
            }

            using var again = StateDirectory.Open(path);
            Assert.Equal("n", again.LoadIdentity().Self.NodeId);
            again.SaveIdentity(certificate, csr.KeyPem, root.CertificatePem);
            var keyring = again.LoadKeyring()!.Value;
            Assert.Equal(2, keyring.Current);
            Assert.Equal(new byte[] { 1, 2, 3 }, keyring.Keys[1]);
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(path, "certificates", "swarm-node.key")));
        }
        finally
        {
            Directory.Delete(path, recursive: true);
        }
    }

    [Fact]
    public void EveryRpc_HasARule_AndIsRefusedToOthers()
    {
        var methods = AllMethods().ToList();
        Assert.True(methods.Count > 60, $"{methods.Count} RPCs found");
        foreach (var method in methods)
        {
            var allowed = RoleTable.Of(method);
            Assert.NotEqual(Callers.None, allowed);
            Assert.Equal(allowed.HasFlag(Callers.Anyone), RoleTable.Refuse(method, null) is null);
            Assert.Equal((allowed & (Callers.Anyone | Callers.Worker)) != 0, RoleTable.Refuse(method, new PeerIdentity("n", NodeRole.Worker, "c")) is null);
            Assert.Equal((allowed & (Callers.Anyone | Callers.Manager)) != 0, RoleTable.Refuse(method, new PeerIdentity("n", NodeRole.Manager, "c")) is null);
        }
    }

    [Fact]
    public void Workers_MayCallOnlyWhatANodeNeeds()
    {
        var open = AllMethods().Where(m => RoleTable.Of(m).HasFlag(Callers.Worker)).Select(m => m.Split('/')[1]).Distinct().Order();
        Assert.Equal(["docker.swarmkit.v1.Dispatcher", "docker.swarmkit.v1.LogBroker", "docker.swarmkit.v1.ResourceAllocator"], open);
    }

    [Fact]
    public void UnknownRpc_IsRefusedToManagers() =>
        Assert.NotNull(RoleTable.Refuse("/some.Service/Method", new PeerIdentity("n", NodeRole.Manager, "c")));

    private static IEnumerable<string> AllMethods() => typeof(SwarmTask).Assembly.GetTypes()
        .Select(t => t.GetProperty("Descriptor", typeof(FileDescriptor))?.GetValue(null)).OfType<FileDescriptor>()
        .SelectMany(f => f.Services).SelectMany(s => s.Methods.Select(m => $"/{s.FullName}/{m.Name}"));
}
