using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;
using SwarmOrleans.Store;

namespace SwarmOrleans.Control;

/// <summary>What users do with nodes.</summary>
public sealed class Nodes(ISwarmStore store, IManagerHealth managers, TimeProvider time)
{
    /// <summary>One node, with its state as a manager.</summary>
    /// <exception cref="UseCaseException">It does not exist.</exception>
    public async Task<Node> GetAsync(string id, CancellationToken cancellationToken)
    {
        var view = await store.ViewAsync(cancellationToken);
        return WithManagerStatus(view, Find(view, id), await managers.ObserveAsync(cancellationToken));
    }

    /// <summary>The nodes that match, with their states as managers.</summary>
    public async Task<IReadOnlyList<Node>> ListAsync(ListNodesRequest.Types.Filters? filters, CancellationToken cancellationToken)
    {
        var view = await store.ViewAsync(cancellationToken);
        var filter = new ListFilter();
        if (filters is not null)
        {
            static string Hostname(IStoreObject n) => ((Node)n).Description?.Hostname ?? "";
            filter.Names(filters.Names, Hostname).NamePrefixes(filters.NamePrefixes, Hostname).IdPrefixes(filters.IdPrefixes)
                .Labels(filters.Labels, n => ((Node)n).Description?.Engine?.Labels)
                .Labels(filters.NodeLabels, n => ((Node)n).Spec?.Annotations?.Labels)
                .Any(filters.Memberships, (n, m) => ((Node)n).Spec.Membership == m)
                .Any(filters.Roles, (n, r) => ((Node)n).Role == r);
        }

        var group = await managers.ObserveAsync(cancellationToken);
        return [.. CandidatesOf(view, filters).Where(filter.Matches).Select(n => WithManagerStatus(view, n, group))];
    }

    /// <summary>Replaces the spec: availability, labels, desired role (API-29).</summary>
    /// <exception cref="UseCaseException">It breaks a rule, or the node has changed since <paramref name="version"/>.</exception>
    public async Task<Node> UpdateAsync(string id, ObjectVersion? version, NodeSpec? spec, CancellationToken cancellationToken)
    {
        if (id.Length == 0 || version is null || spec is null)
        {
            throw UseCaseException.Invalid("node_id, node_version and spec must be given");
        }

        var view = await store.ViewAsync(cancellationToken);
        var next = Find(view, id).Clone();
        if (spec.DesiredRole != next.Spec.DesiredRole)
        {
            if (spec.DesiredRole == NodeRole.Worker)
            {
                RequireDemotable(view, id, await managers.ObserveAsync(cancellationToken));
            }

            throw UseCaseException.Unimplemented("spec.desired_role: promotion and demotion are not served by this version");
        }

        next.Meta.Version = version;
        next.Spec = spec;
        await store.OrThrowAsync(new StoreTransaction().Update(next), cancellationToken);
        return WithManagerStatus(store.Current, store.Current.Find<Node>(id) ?? next, await managers.ObserveAsync(cancellationToken));
    }

    /// <summary>Removes a node that is down, or any worker by force; its tasks are orphaned in the same transaction.</summary>
    /// <exception cref="UseCaseException">It is a manager, or READY and not forced.</exception>
    public async Task RemoveAsync(string id, bool force, CancellationToken cancellationToken)
    {
        var view = await store.ViewAsync(cancellationToken);
        var node = Find(view, id);
        if (view.Find<Manager>(id) is not null)
        {
            throw UseCaseException.Precondition($"node {id} is a cluster manager and is a member of the raft cluster. It must be demoted to worker before removal");
        }

        if (!force && node.Status?.State == NodeStatus.Types.State.Ready)
        {
            throw UseCaseException.Precondition($"node {id} is not down and can't be removed");
        }

        var transaction = new StoreTransaction().Remove(node);
        if (view.Find<NodeSession>(id) is not null)
        {
            transaction.Remove<NodeSession>(id);
        }

        Blacklist(view, node, transaction);
        foreach (var task in view.Tasks.OfNode(id).Where(t => t.Status.State < TaskState.Complete))
        {
            var orphan = task.Clone();
            orphan.Status.State = TaskState.Orphaned;
            orphan.Status.Message = "Task belonged to a node that has been deleted";
            orphan.Status.Timestamp = Timestamp.FromDateTimeOffset(time.GetUtcNow());
            transaction.Update(orphan);
        }

        await store.OrThrowAsync(transaction, cancellationToken);
    }

    private void Blacklist(StoreView view, Node node, StoreTransaction transaction)
    {
        if (view.Cluster is not { } stored)
        {
            return;
        }

        var cluster = stored.Clone();
        CertificateBlacklist.DropExpired(cluster, time.GetUtcNow());
        CertificateBlacklist.Add(cluster, node, time.GetUtcNow());
        transaction.Update(cluster);
    }

    // Without the member, a majority of the rest must be there (API-29).
    private static void RequireDemotable(StoreView view, string id, GroupHealth group)
    {
        var members = view.All<Manager>().ToList();
        var member = members.Find(m => m.Id == id)
            ?? throw new UseCaseException(UseCaseError.NotFound, "can't find manager in raft memberlist");
        if (members.Count == 1)
        {
            throw UseCaseException.Precondition("attempting to demote the last manager of the swarm");
        }

        var rest = members.Count - 1;
        if (members.Count(m => m != member && !group.Unreachable.Contains(m.Addr)) < (rest / 2) + 1)
        {
            throw UseCaseException.Precondition("can't remove member from the raft: this would result in a loss of quorum");
        }
    }

    private static IEnumerable<Node> CandidatesOf(StoreView view, ListNodesRequest.Types.Filters? filters)
    {
        if (filters?.IdPrefixes.Count > 0)
        {
            return Candidates.WithAll<Node>(view, null, filters.IdPrefixes);
        }

        if (filters?.Roles.Count > 0)
        {
            return filters.Roles.Distinct().SelectMany(role => view.Nodes.WithRole(role));
        }

        return filters?.Memberships.Count > 0 ? filters.Memberships.Distinct().SelectMany(m => view.Nodes.WithMembership(m)) : view.All<Node>();
    }

    private static Node WithManagerStatus(StoreView view, Node node, GroupHealth group)
    {
        if (view.Find<Manager>(node.Id) is not { } manager)
        {
            return node;
        }

        var shown = node.Clone();
        shown.ManagerStatus = new ManagerStatus
        {
            RaftId = manager.RaftId,
            Addr = manager.Addr,
            Leader = group.LeaderAddress == manager.Addr,
            Reachability = group.Unreachable.Contains(manager.Addr)
                ? RaftMemberStatus.Types.Reachability.Unreachable
                : RaftMemberStatus.Types.Reachability.Reachable,
        };
        return shown;
    }

    private static Node Find(StoreView view, string id) =>
        id.Length == 0 ? throw UseCaseException.Invalid("node_id: must be given") : view.Find<Node>(id) ?? throw UseCaseException.NotFound("node", id);
}

/// <summary>How the managers of the group are.</summary>
public interface IManagerHealth
{
    /// <summary>Asks the leader, which alone talks to all managers; without one, says what this manager knows.</summary>
    Task<GroupHealth> ObserveAsync(CancellationToken cancellationToken);
}

/// <summary>How the managers were at one moment.</summary>
/// <param name="LeaderAddress">host:port of the leader; null while none is known.</param>
/// <param name="Unreachable">host:port of those that do not answer.</param>
public sealed record GroupHealth(string? LeaderAddress, IReadOnlySet<string> Unreachable);
