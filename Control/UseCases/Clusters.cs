using Google.Protobuf;
using SwarmOrleans.Contracts;
using SwarmOrleans.Security;
using SwarmOrleans.Store;

namespace SwarmOrleans.Control;

/// <summary>What users do with the cluster's settings. Keys never leave (API-30).</summary>
public sealed class Clusters(ISwarmStore store)
{
    /// <summary>The cluster with that id.</summary>
    /// <exception cref="UseCaseException">It does not exist.</exception>
    public async Task<Cluster> GetAsync(string id, CancellationToken cancellationToken) =>
        Redact(Find(await store.ViewAsync(cancellationToken), id));

    /// <summary>The clusters that match: there is one, named default.</summary>
    public async Task<IReadOnlyList<Cluster>> ListAsync(ListClustersRequest.Types.Filters? filters, CancellationToken cancellationToken)
    {
        var view = await store.ViewAsync(cancellationToken);
        var filter = new ListFilter();
        if (filters is not null)
        {
            filter.Names(filters.Names).NamePrefixes(filters.NamePrefixes).IdPrefixes(filters.IdPrefixes)
                .Labels(filters.Labels, c => ((Cluster)c).Spec.Annotations?.Labels);
        }

        return [.. view.All<Cluster>().Where(filter.Matches).Select(Redact)];
    }

    /// <summary>Replaces the settings and rotates join tokens.</summary>
    /// <exception cref="UseCaseException">A field breaks a rule, or the cluster has changed since <paramref name="version"/>.</exception>
    public async Task<Cluster> UpdateAsync(
        string id, ObjectVersion? version, ClusterSpec? spec, KeyRotation? rotation, CancellationToken cancellationToken)
    {
        if (version is null || spec is null)
        {
            throw UseCaseException.Invalid("cluster_version and spec must be given");
        }

        Validate(spec, rotation);
        var next = Find(await store.ViewAsync(cancellationToken), id).Clone();
        next.Meta.Version = version;
        next.Spec = spec;
        var root = next.RootCa.CaCert.ToByteArray();
        if (rotation?.WorkerJoinToken == true)
        {
            next.RootCa.JoinTokens.Worker = JoinToken.Create(root);
        }

        if (rotation?.ManagerJoinToken == true)
        {
            next.RootCa.JoinTokens.Manager = JoinToken.Create(root);
        }

        await store.OrThrowAsync(new StoreTransaction().Update(next), cancellationToken);
        return Redact(store.Current.Find<Cluster>(id) ?? next);
    }

    private static void Validate(ClusterSpec spec, KeyRotation? rotation)
    {
        if (spec.Annotations?.Name != "default")
        {
            throw UseCaseException.Invalid("spec.annotations.name: the cluster's name must stay default");
        }

        if (spec.CaConfig?.NodeCertExpiry?.ToTimeSpan() < RootCa.MinNodeValidity)
        {
            throw UseCaseException.Invalid("spec.ca_config.node_cert_expiry: minimum certificate expiry time is 1h0m0s");
        }

        if (spec.Dispatcher?.HeartbeatPeriod?.ToTimeSpan() < TimeSpan.Zero)
        {
            throw UseCaseException.Invalid("spec.dispatcher.heartbeat_period: heartbeat time period cannot be a negative duration");
        }

        if (rotation?.ManagerUnlockKey == true || spec.EncryptionConfig?.AutoLockManagers == true)
        {
            throw new UseCaseException(UseCaseError.Unimplemented, "encryption_config: autolock is not served by this version");
        }
    }

    private static Cluster Redact(Cluster cluster)
    {
        var shown = cluster.Clone();
        if (shown.RootCa is { } root)
        {
            root.CaKey = ByteString.Empty;
            if (root.RootRotation is { } rotation)
            {
                rotation.CaKey = ByteString.Empty;
            }
        }

        if (shown.Spec?.CaConfig is { } authority)
        {
            authority.SigningCaKey = ByteString.Empty;
        }

        shown.UnlockKeys.Clear();
        shown.NetworkBootstrapKeys.Clear();
        return shown;
    }

    private static Cluster Find(StoreView view, string id) =>
        id.Length == 0 ? throw UseCaseException.Invalid("cluster_id: must be given") : view.Find<Cluster>(id) ?? throw UseCaseException.NotFound("cluster", id);
}
