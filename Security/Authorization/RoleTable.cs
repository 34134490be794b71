using System.Collections.Frozen;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Security;

/// <summary>The one table of who may call what (A.10). An RPC that is not in it may be called by nobody.</summary>
public static class RoleTable
{
    // A service's name with the stroke after it stands for all of its methods that have no line of their own.
    private static readonly FrozenDictionary<string, Callers> Rules = new Dictionary<string, Callers>
    {
        ["docker.swarmkit.v1.CA/GetRootCACertificate"] = Callers.Anyone,
        ["docker.swarmkit.v1.CA/GetUnlockKey"] = Callers.Manager,
        ["docker.swarmkit.v1.NodeCA/IssueNodeCertificate"] = Callers.Anyone,
        ["docker.swarmkit.v1.NodeCA/NodeCertificateStatus"] = Callers.Anyone,
        ["docker.swarmkit.v1.Dispatcher/"] = Callers.Node,
        ["docker.swarmkit.v1.LogBroker/"] = Callers.Node,
        ["docker.swarmkit.v1.ResourceAllocator/"] = Callers.Node,
        ["docker.swarmkit.v1.RaftMembership/"] = Callers.Manager,
        ["docker.swarmkit.v1.Raft/"] = Callers.Manager,
        ["docker.swarmkit.v1.Health/"] = Callers.Manager,
        ["docker.swarmkit.v1.Control/"] = Callers.Manager,
        ["docker.swarmkit.v1.Watch/"] = Callers.Manager,
        ["docker.swarmkit.v1.Logs/"] = Callers.Manager,
        ["swarmorleans.v1.Explainer/"] = Callers.Manager,
        ["swarmorleans.v1.ManagerGroup/"] = Callers.Manager,
    }.ToFrozenDictionary();

    /// <summary>Who may call the RPC.</summary>
    /// <param name="method">Full name as gRPC spells it: <c>/package.Service/Method</c>.</param>
    public static Callers Of(string method)
    {
        ArgumentNullException.ThrowIfNull(method);
        var rules = Rules.GetAlternateLookup<ReadOnlySpan<char>>();
        var name = method.AsSpan().TrimStart('/');
        if (rules.TryGetValue(name, out var callers))
        {
            return callers;
        }

        return name.IndexOf('/') is > 0 and var slash && rules.TryGetValue(name[..(slash + 1)], out callers) ? callers : Callers.None;
    }

    /// <summary>Null when the caller may, else the reason in words.</summary>
    /// <param name="method">Full name of the RPC.</param>
    /// <param name="caller">What the verified certificate says; null without one.</param>
    public static string? Refuse(string method, PeerIdentity? caller)
    {
        var allowed = Of(method);
        if (allowed.HasFlag(Callers.Anyone))
        {
            return null;
        }

        if (caller is null)
        {
            return "Permission denied: unauthorized peer role: no client certificates in request";
        }

        var flag = caller.Role == NodeRole.Manager ? Callers.Manager : Callers.Worker;
        return allowed.HasFlag(flag)
            ? null
            : $"Permission denied: unauthorized peer role: {NodeRoleNames.Of(caller.Role)} may not call {method.TrimStart('/')}";
    }
}
