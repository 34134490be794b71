using Google.Protobuf;
using Grpc.Core;
using SwarmOrleans.Contracts;
using SwarmOrleans.Store;

namespace SwarmOrleans.Silo.Rpc;

/// <summary>What a node must know of the authority before it has a certificate (A.3).</summary>
public sealed class CertificateAuthorityService(ISwarmStore store) : CA.CABase
{
    /// <inheritdoc />
    public override Task<GetRootCACertificateResponse> GetRootCACertificate(GetRootCACertificateRequest request, ServerCallContext context) =>
        Task.FromResult(new GetRootCACertificateResponse { Certificate = Cluster().RootCa.CaCert });

    /// <inheritdoc />
    public override Task<GetUnlockKeyResponse> GetUnlockKey(GetUnlockKeyRequest request, ServerCallContext context) =>
        Task.FromResult(new GetUnlockKeyResponse { UnlockKey = ByteString.Empty, Version = Cluster().Meta.Version });

    private Cluster Cluster() => store.Current.Cluster ?? throw new RpcException(new Status(StatusCode.Unavailable, "CA signer is still starting"));
}
