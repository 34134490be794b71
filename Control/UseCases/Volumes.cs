using SwarmOrleans.Contracts;
using SwarmOrleans.Control.Validation;
using SwarmOrleans.Store;

namespace SwarmOrleans.Control;

/// <summary>What users do with cluster volumes (API-31).</summary>
/// <param name="store">The replica.</param>
/// <param name="ids">Ids for new volumes.</param>
/// <param name="requireServed">Refuses volumes that no driver would make; null when there are drivers for all.</param>
public sealed class Volumes(ISwarmStore store, IIdSource ids, Action<VolumeSpec>? requireServed = null)
{
    /// <summary>Stores a new volume; its driver makes it later.</summary>
    /// <exception cref="UseCaseException">The spec breaks a rule, names secrets that are not there, or the name is taken.</exception>
    public async Task<Volume> CreateAsync(VolumeSpec? spec, CancellationToken cancellationToken)
    {
        VolumeSpecValidator.Validate(spec);
        requireServed?.Invoke(spec!);
        var volume = new Volume { Id = ids.NewId(), Spec = spec };
        await store.DecideAsync(await store.ViewAsync(cancellationToken), view => Creation(view, volume), cancellationToken);
        return store.Current.Find<Volume>(volume.Id) ?? volume;
    }

    /// <summary>One volume.</summary>
    /// <exception cref="UseCaseException">It does not exist.</exception>
    public async Task<Volume> GetAsync(string id, CancellationToken cancellationToken) => Find(await store.ViewAsync(cancellationToken), id);

    /// <summary>The volumes that match.</summary>
    public async Task<IReadOnlyList<Volume>> ListAsync(ListVolumesRequest.Types.Filters? filters, CancellationToken cancellationToken)
    {
        var view = await store.ViewAsync(cancellationToken);
        var filter = new ListFilter();
        if (filters is not null)
        {
            filter.Names(filters.Names).NamePrefixes(filters.NamePrefixes).IdPrefixes(filters.IdPrefixes)
                .Labels(filters.Labels, v => ((Volume)v).Spec.Annotations?.Labels)
                .Any(filters.Groups, (v, group) => ((Volume)v).Spec.Group == group)
                .Any(filters.Drivers, (v, driver) => ((Volume)v).Spec.Driver?.Name == driver);
        }

        return [.. Candidates.WithAll<Volume>(view, filters?.Names, filters?.IdPrefixes).Where(filter.Matches)];
    }

    /// <summary>Replaces labels and availability; nothing else of a volume can change.</summary>
    /// <exception cref="UseCaseException">More would change, or the volume has changed since <paramref name="version"/>.</exception>
    public async Task<Volume> UpdateAsync(string id, ObjectVersion? version, VolumeSpec? spec, CancellationToken cancellationToken)
    {
        if (id.Length == 0 || version is null || spec is null)
        {
            throw UseCaseException.Invalid("volume_id, volume_version and spec must be given");
        }

        var next = Find(await store.ViewAsync(cancellationToken), id).Clone();
        VolumeSpecValidator.ValidateChange(next.Spec, spec);
        next.Meta.Version = version;
        Labels.Replace(next.Spec.Annotations, spec.Annotations);
        next.Spec.Availability = spec.Availability;
        await store.OrThrowAsync(new StoreTransaction().Update(next), cancellationToken);
        return store.Current.Find<Volume>(id) ?? next;
    }

    /// <summary>
    /// Marks a volume for removal, which its driver ends (CSI-9). One that no driver has made yet, or any by force, goes at once.
    /// </summary>
    /// <exception cref="UseCaseException">It does not exist, or is in use and not forced.</exception>
    public async Task RemoveAsync(string id, bool force, CancellationToken cancellationToken) =>
        await store.DecideAsync(await store.ViewAsync(cancellationToken), view => Removal(view, id, force), cancellationToken);

    private static StoreTransaction Creation(StoreView view, Volume volume)
    {
        if (view.FindByName<Volume>(volume.Spec.Annotations.Name) is not null)
        {
            throw Labels.NameInUse(volume);
        }

        var wanted = volume.Spec.Secrets.Select(s => s.Secret).Distinct().ToList();
        var missing = wanted.Where(id => view.Find<Secret>(id) is null).ToList();
        if (missing.Count > 0)
        {
            throw UseCaseException.Invalid($"secret{(missing.Count > 1 ? "s" : "")} not found: {string.Join(", ", missing)}");
        }

        var transaction = new StoreTransaction().Create(volume);
        wanted.ForEach(id => transaction.RequireExists<Secret>(id));
        return transaction;
    }

    private static StoreTransaction Removal(StoreView view, string id, bool force)
    {
        var volume = Find(view, id);
        if (!force && volume.PublishStatus.Count > 0)
        {
            throw UseCaseException.Precondition("volume is still in use");
        }

        if (force || volume.VolumeInfo is null)
        {
            return new StoreTransaction().Remove(volume);
        }

        var leaving = volume.Clone();
        leaving.PendingDelete = true;
        return new StoreTransaction().Update(leaving);
    }

    private static Volume Find(StoreView view, string id) =>
        id.Length == 0 ? throw UseCaseException.Invalid("volume_id: must be given") : view.Find<Volume>(id) ?? throw UseCaseException.NotFound("volume", id);
}
