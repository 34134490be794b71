using Google.Protobuf;
using SwarmOrleans.Contracts;
using SwarmOrleans.Control.Validation;
using SwarmOrleans.Security;
using SwarmOrleans.Store;

namespace SwarmOrleans.Control;

/// <summary>What users do with the cluster's settings. Keys never leave (API-30).</summary>
public sealed class Clusters(ISwarmStore store, TimeProvider time)
{
    private const string DefaultPool = "10.0.0.0/8";
    private const uint DefaultSubnetSize = 24;
    private const uint DefaultVxlanPort = 4789;

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
        if (id.Length == 0 || version is null)
        {
            throw UseCaseException.Invalid("cluster_id and cluster_version must be given");
        }

        ClusterSpecValidator.Validate(spec);
        var next = Find(await store.ViewAsync(cancellationToken), id).Clone();
        RequireServed(next.Spec, spec!, rotation);
        CertificateBlacklist.DropExpired(next, time.GetUtcNow());
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

    // What nothing would act on is refused, not stored.
    private static void RequireServed(ClusterSpec old, ClusterSpec spec, KeyRotation? rotation)
    {
        if (rotation?.ManagerUnlockKey == true || spec.EncryptionConfig?.AutoLockManagers == true)
        {
            throw UseCaseException.Unimplemented("encryption_config: autolock is not served by this version");
        }

        var (before, after) = (old.CaConfig ?? new CAConfig(), spec.CaConfig ?? new CAConfig());
        if (before.ForceRotate != after.ForceRotate || before.SigningCaCert != after.SigningCaCert || before.SigningCaKey != after.SigningCaKey
            || !before.ExternalCas.Equals(after.ExternalCas))
        {
            throw UseCaseException.Unimplemented("ca_config: rotation of the root CA and external CAs are not served by this version");
        }
    }

    /// <summary>The cluster without its keys, and with what the address settings mean that it does not give.</summary>
    internal static Cluster Redact(Cluster cluster)
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
            authority.SigningCaCert = ByteString.Empty;
        }

        if (shown.DefaultAddressPool.Count == 0)
        {
            shown.DefaultAddressPool.Add(DefaultPool);
        }

        shown.SubnetSize = shown.SubnetSize == 0 ? DefaultSubnetSize : shown.SubnetSize;
        shown.VXLANUDPPort = shown.VXLANUDPPort == 0 ? DefaultVxlanPort : shown.VXLANUDPPort;
        shown.Fips = false;

        shown.UnlockKeys.Clear();
        shown.NetworkBootstrapKeys.Clear();
        return shown;
    }

    private static Cluster Find(StoreView view, string id) =>
        id.Length == 0 ? throw UseCaseException.Invalid("cluster_id: must be given") : view.Find<Cluster>(id) ?? throw UseCaseException.NotFound("cluster", id);
}
