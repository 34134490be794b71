using System.Text.RegularExpressions;
using SwarmOrleans.Contracts;
using SwarmOrleans.Store;

namespace SwarmOrleans.Control;

/// <summary>What users do with configs: small files, kept by name, whose content never changes (API-27).</summary>
public sealed partial class Configs(ISwarmStore store, IIdSource ids)
{
    private const int MaxNameLength = 64;
    private const int MaxData = 1000 * 1024;

    /// <summary>Stores a new config.</summary>
    /// <exception cref="UseCaseException">The name or data break a rule (API-3, API-27), or the name is taken.</exception>
    public async Task<Config> CreateAsync(ConfigSpec? spec, CancellationToken cancellationToken)
    {
        Validate(spec);
        var config = new Config { Id = ids.NewId(), Spec = spec };
        await store.OrThrowAsync(new StoreTransaction().Create(config), cancellationToken);
        return store.Current.Find<Config>(config.Id) ?? config;
    }

    /// <summary>One config.</summary>
    /// <exception cref="UseCaseException">It does not exist.</exception>
    public async Task<Config> GetAsync(string id, CancellationToken cancellationToken) => Find(await store.ViewAsync(cancellationToken), id);

    /// <summary>The configs that match; names, name prefixes and id prefixes are alternatives here (API-4).</summary>
    public async Task<IReadOnlyList<Config>> ListAsync(ListConfigsRequest.Types.Filters? filters, CancellationToken cancellationToken)
    {
        var view = await store.ViewAsync(cancellationToken);
        var labels = new ListFilter().Labels(filters?.Labels ?? [], c => ((Config)c).Spec.Annotations?.Labels);
        return [.. view.All<Config>().Where(c => labels.Matches(c) && (filters is null || IsNamed(c, filters)))];
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
        if (spec.Annotations?.Name != next.Spec.Annotations.Name || (!spec.Data.IsEmpty && spec.Data != next.Spec.Data)
            || !Equals(spec.Templating, next.Spec.Templating))
        {
            throw UseCaseException.Invalid("spec: only updates to Labels are allowed");
        }

        next.Meta.Version = version;
        next.Spec.Annotations = spec.Annotations;
        await store.OrThrowAsync(new StoreTransaction().Update(next), cancellationToken);
        return store.Current.Find<Config>(id) ?? next;
    }

    /// <summary>Removes a config that no service refers to.</summary>
    /// <exception cref="UseCaseException">It does not exist, or a service refers to it.</exception>
    public async Task RemoveAsync(string id, CancellationToken cancellationToken)
    {
        var view = await store.ViewAsync(cancellationToken);
        var config = Find(view, id);
        var users = view.All<Service>()
            .Where(s => s.Spec.Task?.Container?.Configs.Any(c => c.ConfigId == id) == true)
            .Select(s => s.Spec.Annotations.Name)
            .ToList();
        if (users.Count > 0)
        {
            throw UseCaseException.Invalid($"config '{config.Spec.Annotations.Name}' is in use by the following services: {string.Join(", ", users)}");
        }

        await store.OrThrowAsync(new StoreTransaction().Remove<Config>(id), cancellationToken);
    }

    private static void Validate(ConfigSpec? spec)
    {
        if (spec is null)
        {
            throw UseCaseException.Invalid("spec: a config spec must be given");
        }

        var name = spec.Annotations?.Name ?? "";
        if (name.Length is 0 or > MaxNameLength || !NamePattern().IsMatch(name))
        {
            throw UseCaseException.Invalid(
                $"spec.annotations.name: invalid name, only {MaxNameLength} [a-zA-Z0-9-_.] characters allowed, and the start and end character must be [a-zA-Z0-9]");
        }

        if (spec.Data.Length is 0 or >= MaxData)
        {
            throw UseCaseException.Invalid($"spec.data: config data must be larger than 0 and less than {MaxData} bytes");
        }
    }

    private static bool IsNamed(Config config, ListConfigsRequest.Types.Filters filters)
    {
        var name = config.Spec.Annotations.Name;
        return (filters.Names.Count == 0 && filters.NamePrefixes.Count == 0 && filters.IdPrefixes.Count == 0)
            || filters.Names.Contains(name)
            || filters.NamePrefixes.Any(p => name.StartsWith(p, StringComparison.OrdinalIgnoreCase))
            || filters.IdPrefixes.Any(p => config.Id.StartsWith(p, StringComparison.Ordinal));
    }

    private static Config Find(StoreView view, string id) =>
        id.Length == 0 ? throw UseCaseException.Invalid("config_id: must be given") : view.Find<Config>(id) ?? throw UseCaseException.NotFound("config", id);

    [GeneratedRegex(@"^[a-zA-Z0-9](?:[a-zA-Z0-9-_.]*[a-zA-Z0-9])?\z")]
    private static partial Regex NamePattern();
}
