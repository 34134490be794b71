using SwarmOrleans.Contracts;

namespace SwarmOrleans.Security;

/// <summary>A node's role as its certificate's organizational unit spells it.</summary>
public static class NodeRoleNames
{
    /// <summary>Unit of managers.</summary>
    public const string Manager = "swarm-manager";

    /// <summary>Unit of workers.</summary>
    public const string Worker = "swarm-worker";

    /// <summary>Name under which certificate authorities are verified.</summary>
    public const string CertificateAuthority = "swarm-ca";

    /// <summary>The unit of a role.</summary>
    public static string Of(NodeRole role) => role == NodeRole.Manager ? Manager : Worker;
}
