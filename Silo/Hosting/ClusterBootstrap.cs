using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;
using SwarmOrleans.Control;
using SwarmOrleans.Security;
using SwarmOrleans.Store;

namespace SwarmOrleans.Silo.Hosting;

/// <summary>Makes a new cluster: its authority, the first manager's identity, its first objects.</summary>
public static class ClusterBootstrap
{
    /// <summary>A new authority and the identity of the first manager, stored in <paramref name="state"/>.</summary>
    public static RootCa CreateIdentity(StateDirectory state, IIdSource ids, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(state);
        var root = RootCa.Create(time.GetUtcNow());
        var request = CertificateSigningRequest.Create();
        var certificate = root.Issue(request.CsrPem, ids.NewId(), NodeRole.Manager, ids.NewId(), RootCa.DefaultNodeValidity, time.GetUtcNow());
        state.SaveIdentity(certificate, request.KeyPem, root.CertificatePem);
        return root;
    }

    /// <summary>
    /// The cluster object with SwarmKit's defaults, the first node, the network for published ports, and those that every engine has by itself (LDR-1).
    /// </summary>
    internal static StoreTransaction Objects(RootCa root, NodeIdentity identity, IIdSource ids) => new StoreTransaction()
        .Create(new Network { Id = ids.NewId(), Spec = new NetworkSpec { Annotations = new Annotations { Name = "ingress" }, Ingress = true } })
        .Create(Predefined("bridge", ids))
        .Create(Predefined("host", ids))
        .Create(new Cluster
        {
            Id = identity.Self.ClusterId,
            Spec = new ClusterSpec
            {
                Annotations = new Annotations { Name = "default" },
                Orchestration = new OrchestrationConfig { TaskHistoryRetentionLimit = 5 },
                Raft = new RaftConfig { SnapshotInterval = 10_000, LogEntriesForSlowFollowers = 500, HeartbeatTick = 1, ElectionTick = 10 },
                Dispatcher = new DispatcherConfig { HeartbeatPeriod = Duration.FromTimeSpan(TimeSpan.FromSeconds(5)) },
                CaConfig = new CAConfig { NodeCertExpiry = Duration.FromTimeSpan(RootCa.DefaultNodeValidity) },
                TaskDefaults = new TaskDefaults(),
                EncryptionConfig = new EncryptionConfig(),
            },
            RootCa = new Contracts.RootCA
            {
                CaCert = ByteString.CopyFrom(root.CertificatePem),
                CaKey = ByteString.CopyFrom(root.KeyPem),
                CaCertHash = "sha256:" + Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(root.CertificatePem)),
                JoinTokens = new JoinTokens { Worker = JoinToken.Create(root.CertificatePem), Manager = JoinToken.Create(root.CertificatePem) },
            },
        })
        .Create(new Node
        {
            Id = identity.Self.NodeId,
            Role = NodeRole.Manager,
            Spec = new NodeSpec
            {
                DesiredRole = NodeRole.Manager,
                Membership = NodeSpec.Types.Membership.Accepted,
                Availability = NodeSpec.Types.Availability.Active,
            },
            Status = new NodeStatus { State = NodeStatus.Types.State.Unknown },
            Certificate = new Certificate
            {
                Role = NodeRole.Manager,
                Cn = identity.Self.NodeId,
                Certificate_ = ByteString.CopyFromUtf8(identity.Certificate.ExportCertificatePem() + "\n"),
                Status = new IssuanceStatus { State = IssuanceStatus.Types.State.Issued },
            },
        });

    private static Network Predefined(string name, IIdSource ids) => new()
    {
        Id = ids.NewId(),
        Spec = new NetworkSpec
        {
            Annotations = new Annotations { Name = name, Labels = { [Networks.PredefinedLabel] = "true" } },
            DriverConfig = new Driver { Name = name },
        },
    };
}
