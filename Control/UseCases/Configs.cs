using SwarmOrleans.Contracts;
using SwarmOrleans.Control.Validation;
using SwarmOrleans.Store;

namespace SwarmOrleans.Control;

/// <summary>What users do with configs: small files, kept by name, whose content never changes (API-27).</summary>
public sealed class Configs(ISwarmStore store, IIdSource ids)
{
    /// <summary>Stores a new config.</summary>
    /// <exception cref="UseCaseException">The name or data break a rule (API-3, API-27), or the name is taken.</exception>
    public async Task<Config> CreateAsync(ConfigSpec? spec, CancellationToken cancellationToken)
    {
        PayloadValidator.Validate(spec);
        var config = new Config { Id = ids.NewId(), Spec = spec };
        await store.CreateNamedAsync(config, cancellationToken);
        return new Config { Id = config.Id, Meta = store.Current.MetaOf<Config>(config.Id), Spec = spec };
    }

    /// <summary>One config.</summary>
    /// <exception cref="UseCaseException">It does not exist.</exception>
    public async Task<Config> GetAsync(string id, CancellationToken cancellationToken) => Find(await store.ViewAsync(cancellationToken), id);

    /// <summary>The configs that match; names, name prefixes and id prefixes are alternatives here (API-4).</summary>
    public async Task<IReadOnlyList<Config>> ListAsync(ListConfigsRequest.Types.Filters? filters, CancellationToken cancellationToken)
    {
        var view = await store.ViewAsync(cancellationToken);
        filters ??= new ListConfigsRequest.Types.Filters();
        var filter = new ListFilter().AnyOf(filters.Names, filters.NamePrefixes, filters.IdPrefixes)
            .Labels(filters.Labels, c => ((Config)c).Spec.Annotations?.Labels);
        return [.. Candidates.WithAny<Config>(view, filters.Names, filters.NamePrefixes, filters.IdPrefixes).Where(filter.Matches)];
    }

    /// <summary>Replaces the labels; nothing else of a config can change.</summary>
    /// <exception cref="UseCaseException">More than labels would change, or the config has changed since <paramref name="version"/>.</exception>
    public async Task<Config> UpdateAsync(string id, ObjectVersion? version, ConfigSpec? spec, CancellationToken cancellationToken)
    {
        if (version is null || spec is null)
        {
            throw UseCaseException.Invalid("config_version and spec must be given");
        }

        var next = Find(await store.ViewAsync(cancellationToken), id).Clone();
        Labels.RequireOnly(
            next.Spec.Annotations.Name == spec.Annotations?.Name
            && (spec.Data.IsEmpty || spec.Data == next.Spec.Data)
            && (spec.Templating is null || spec.Templating.Equals(next.Spec.Templating)));
        next.Meta.Version = version;
        Labels.Replace(next.Spec.Annotations, spec.Annotations!);
        await store.OrThrowAsync(new StoreTransaction().Update(next), cancellationToken);
        return store.Current.Find<Config>(id) ?? next;
    }

    /// <summary>Removes a config that no service refers to.</summary>
    /// <exception cref="UseCaseException">It does not exist, or a service refers to it.</exception>
    public async Task RemoveAsync(string id, CancellationToken cancellationToken) => await store.DecideAsync(
        await store.ViewAsync(cancellationToken),
        view =>
        {
            var config = Find(view, id);
            Labels.RequireUnused("config", config.Spec.Annotations.Name, view.Services.ReferencingConfig(id));
            return new StoreTransaction().RequireUnreferenced(ObjectKind.Config, id).Remove<Config>(id);
        },
        cancellationToken);

    private static Config Find(StoreView view, string id) =>
        id.Length == 0 ? throw UseCaseException.Invalid("config ID must be provided") : view.Find<Config>(id) ?? throw UseCaseException.NotFound("config", id);
}
