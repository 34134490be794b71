using System.Security.Cryptography;
using Google.Protobuf;
using Grpc.Core;
using SwarmOrleans.Contracts;
using SwarmOrleans.Security;
using SwarmOrleans.Store;

namespace SwarmOrleans.Silo.Rpc;

/// <summary>
/// Issues node certificates. The manager that is asked signs with its replica's key, and stores the node together with its certificate (A.3).
/// </summary>
public sealed class NodeCertificateService(ISwarmStore store, SecurityConfig security, IIdSource ids, TimeProvider time) : NodeCA.NodeCABase
{
    private const int Attempts = 5;

    /// <inheritdoc />
    public override async Task<IssueNodeCertificateResponse> IssueNodeCertificate(IssueNodeCertificateRequest request, ServerCallContext context)
    {
        if (request.Csr.IsEmpty)
        {
            throw Refused("InvalidArgument: a certificate signing request must be given");
        }

        if (CallerContext.Of(context, security) is { } caller && caller.ClusterId == security.Current.Self.ClusterId)
        {
            return await RenewAsync(caller.NodeId, request, context.CancellationToken);
        }

        var view = await ReadAsync(context.CancellationToken);
        var tokens = view.Cluster!.RootCa.JoinTokens;
        NodeRole role;
        if (JoinToken.AreEqual(request.Token, tokens.Manager))
        {
            role = NodeRole.Manager;
        }
        else if (JoinToken.AreEqual(request.Token, tokens.Worker))
        {
            role = NodeRole.Worker;
        }
        else
        {
            throw Refused("A valid join token is necessary to join this cluster");
        }

        var node = new Node
        {
            Id = ids.NewId(),
            Role = role,
            Spec = new NodeSpec
            {
                DesiredRole = role,
                Membership = NodeSpec.Types.Membership.Accepted,
                Availability = request.Availability,
            },
            Status = new NodeStatus { State = NodeStatus.Types.State.Unknown },
        };
        node.Certificate = Sign(view.Cluster, node, request.Csr);
        await CommitAsync(new StoreTransaction().Create(node), context.CancellationToken);
        return new IssueNodeCertificateResponse { NodeId = node.Id, NodeMembership = NodeSpec.Types.Membership.Accepted };
    }

    /// <inheritdoc />
    public override async Task<NodeCertificateStatusResponse> NodeCertificateStatus(NodeCertificateStatusRequest request, ServerCallContext context)
    {
        if (request.NodeId.Length == 0)
        {
            throw Refused("node_id: must be given");
        }

        // The certificate is stored with the node, so that there is nothing to wait for but this replica.
        var node = store.Current.Find<Node>(request.NodeId) ?? (await ReadAsync(context.CancellationToken)).Find<Node>(request.NodeId)
            ?? throw new RpcException(new Status(StatusCode.NotFound, $"node {request.NodeId} not found"));
        return new NodeCertificateStatusResponse { Status = node.Certificate.Status, Certificate = node.Certificate };
    }

    private async Task<IssueNodeCertificateResponse> RenewAsync(
        string nodeId, IssueNodeCertificateRequest request, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var view = await ReadAsync(cancellationToken);
            if (view.Find<Node>(nodeId) is not { } node)
            {
                throw new RpcException(new Status(StatusCode.NotFound, $"node {nodeId} not found when attempting to renew certificate"));
            }

            var renewed = node.Clone();
            renewed.Certificate = Sign(view.Cluster!, node, request.Csr);
            var result = await store.CommitAsync(new StoreTransaction().Update(renewed), cancellationToken);
            if (result.IsCommitted)
            {
                return new IssueNodeCertificateResponse { NodeId = nodeId, NodeMembership = node.Spec.Membership };
            }

            if (attempt == Attempts)
            {
                throw new RpcException(new Status(StatusCode.Unavailable, "the certificate could not be stored now"));
            }
        }
    }

    private Certificate Sign(Cluster cluster, Node node, ByteString csr)
    {
        try
        {
            using var root = RootCa.FromPem(cluster.RootCa.CaCert.ToByteArray(), cluster.RootCa.CaKey.ToByteArray());
            var validity = cluster.Spec.CaConfig?.NodeCertExpiry?.ToTimeSpan() ?? RootCa.DefaultNodeValidity;
            var certificate = root.Issue(csr.ToByteArray(), node.Id, node.Role, cluster.Id, validity, time.GetUtcNow());
            return new Certificate
            {
                Role = node.Role,
                Csr = csr,
                Cn = node.Id,
                Certificate_ = ByteString.CopyFrom(certificate),
                Status = new IssuanceStatus { State = IssuanceStatus.Types.State.Issued },
            };
        }
        catch (CryptographicException e)
        {
            throw Refused(e.Message);
        }
    }

    private async Task<StoreView> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            var view = await store.ReadAsync(cancellationToken);
            return view.Cluster is null ? throw new RpcException(new Status(StatusCode.Unavailable, "CA signer is still starting")) : view;
        }
        catch (Store.Log.NotLeaderException e)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, e.Message));
        }
    }

    private async Task CommitAsync(StoreTransaction transaction, CancellationToken cancellationToken)
    {
        if (!(await store.CommitAsync(transaction, cancellationToken)).IsCommitted)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "the node could not be stored now"));
        }
    }

    private static RpcException Refused(string message) => new(new Status(StatusCode.InvalidArgument, message));
}
