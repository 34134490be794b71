using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Security;

/// <summary>What a new node does to become one of the cluster (A.3): fetch the root CA, prove by the token that it is the right one, ask for a certificate.</summary>
public sealed class JoinClient(TimeProvider time)
{
    private static readonly TimeSpan CallDeadline = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);
    private const int Attempts = 5;

    /// <summary>Joins and gives what is to be stored.</summary>
    /// <param name="address">host:port of any manager.</param>
    /// <param name="token">The join token.</param>
    /// <param name="availability">What the new node is to be.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="JoinException">The token is wrong, or no attempt succeeded.</exception>
    public async Task<JoinResult> JoinAsync(
        string address, string token, NodeSpec.Types.Availability availability, CancellationToken cancellationToken)
    {
        try
        {
            JoinToken.ParseDigest(token);
        }
        catch (FormatException e)
        {
            throw new JoinException(e.Message, isFinal: true, e);
        }

        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await TryAsync(address, token, availability, cancellationToken);
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.InvalidArgument)
            {
                throw new JoinException($"{address} refuses to let this node join: {e.Status.Detail}", isFinal: true, e);
            }
            catch (RpcException e) when (!cancellationToken.IsCancellationRequested)
            {
                if (attempt == Attempts)
                {
                    throw new JoinException($"manager {address} cannot be reached: {e.Status.Detail}", isFinal: false, e);
                }
            }

            await Task.Delay(Pause, time, cancellationToken);
        }
    }

    private async Task<JoinResult> TryAsync(
        string address, string token, NodeSpec.Types.Availability availability, CancellationToken cancellationToken)
    {
        var root = await FetchRootAsync(address, cancellationToken);
        if (!JoinToken.Matches(token, root))
        {
            throw new JoinException("remote CA does not match fingerprint: the join token is of another cluster or was rotated with its root", isFinal: true);
        }

        var request = CertificateSigningRequest.Create();
        using var channel = Channel(address, Verifying(root));
        var client = new NodeCA.NodeCAClient(channel);
        var issued = await client.IssueNodeCertificateAsync(
            new IssueNodeCertificateRequest { Csr = ByteString.CopyFrom(request.CsrPem), Token = token, Availability = availability },
            Options(cancellationToken));
        var certificate = await PollAsync(client, issued.NodeId, request, cancellationToken);
        return new JoinResult(certificate, request.KeyPem, root);
    }

    private async Task<byte[]> FetchRootAsync(string address, CancellationToken cancellationToken)
    {
#pragma warning disable CA5359 // Nothing is known of the cluster yet: what comes back is checked against the token's digest.
        using var channel = Channel(address, new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, _, _, _) => true });
#pragma warning restore CA5359
        var response = await new CA.CAClient(channel).GetRootCACertificateAsync(new GetRootCACertificateRequest(), Options(cancellationToken));
        return response.Certificate.ToByteArray();
    }

    private async Task<byte[]> PollAsync(
        NodeCA.NodeCAClient client, string nodeId, CertificateSigningRequest request, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                var status = await client.NodeCertificateStatusAsync(new NodeCertificateStatusRequest { NodeId = nodeId }, Options(cancellationToken));
                if (status.Status.State == IssuanceStatus.Types.State.Failed)
                {
                    throw new JoinException($"the certificate request failed: {status.Status.Err}", isFinal: true);
                }

                if (status.Status.State == IssuanceStatus.Types.State.Issued && status.Certificate.Csr.Span.SequenceEqual(request.CsrPem))
                {
                    return status.Certificate.Certificate_.ToByteArray();
                }
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.DeadlineExceeded)
            {
                // The call waits for the certificate; ask again.
            }

            await Task.Delay(TimeSpan.FromMilliseconds(200), time, cancellationToken);
        }
    }

    private static SslClientAuthenticationOptions Verifying(byte[] root)
    {
        var roots = new X509Certificate2Collection();
        roots.ImportFromPem(Encoding.ASCII.GetString(root));
        return new SslClientAuthenticationOptions
        {
            TargetHost = NodeRoleNames.CertificateAuthority,
            RemoteCertificateValidationCallback = (_, certificate, chain, _) => certificate is X509Certificate2 leaf
                && PeerIdentity.Of(leaf)?.Role == NodeRole.Manager
                && CertificateChains.Verify(leaf, chain?.ChainPolicy.ExtraStore, roots) is null,
        };
    }

    private static GrpcChannel Channel(string address, SslClientAuthenticationOptions tls) => GrpcChannel.ForAddress(
        $"https://{address}",
        new GrpcChannelOptions { HttpHandler = new SocketsHttpHandler { SslOptions = tls, ConnectTimeout = CallDeadline, UseProxy = false }, DisposeHttpClient = true });

    private CallOptions Options(CancellationToken cancellationToken) =>
        new(deadline: time.GetUtcNow().UtcDateTime + CallDeadline, cancellationToken: cancellationToken);
}

/// <summary>A new node's identity, to be stored.</summary>
/// <param name="CertificatePem">Its certificate.</param>
/// <param name="KeyPem">Its key.</param>
/// <param name="RootPem">The cluster's root.</param>
public sealed record JoinResult(byte[] CertificatePem, string KeyPem, byte[] RootPem);
