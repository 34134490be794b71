using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;
using SwarmOrleans.Store;

namespace SwarmOrleans.Control;

/// <summary>What users do with resources: objects of a registered extension (API-32).</summary>
public sealed class ExtensionResources(ISwarmStore store, IIdSource ids)
{
    /// <summary>Stores a new resource.</summary>
    /// <exception cref="UseCaseException">It has no name or kind, the kind is not registered, or the name is taken.</exception>
    public async Task<Resource> CreateAsync(Annotations? annotations, string kind, Any? payload, CancellationToken cancellationToken)
    {
        if (annotations is not { Name.Length: > 0 })
        {
            throw UseCaseException.Invalid("Resource must have a name");
        }

        if (kind.Length == 0)
        {
            throw UseCaseException.Invalid("Resource must belong to an Extension");
        }

        var resource = new Resource { Id = ids.NewId(), Annotations = annotations, Kind = kind, Payload = payload };
        await store.DecideAsync(await store.ViewAsync(cancellationToken), view => Creation(view, resource), cancellationToken);
        return store.Current.Find<Resource>(resource.Id) ?? resource;
    }

    /// <summary>One resource.</summary>
    /// <exception cref="UseCaseException">It does not exist.</exception>
    public async Task<Resource> GetAsync(string id, CancellationToken cancellationToken) => Find(await store.ViewAsync(cancellationToken), id);

    /// <summary>The resources that match; names, name prefixes and id prefixes are alternatives here (API-4).</summary>
    public async Task<IReadOnlyList<Resource>> ListAsync(ListResourcesRequest.Types.Filters? filters, CancellationToken cancellationToken)
    {
        var view = await store.ViewAsync(cancellationToken);
        filters ??= new ListResourcesRequest.Types.Filters();
        var filter = new ListFilter().AnyOf(filters.Names, filters.NamePrefixes, filters.IdPrefixes)
            .Labels(filters.Labels, r => ((Resource)r).Annotations?.Labels);
        var candidates = filters.Kind.Length > 0
            ? view.ResourcesOfKind(filters.Kind)
            : Candidates.WithAny<Resource>(view, filters.Names, filters.NamePrefixes, filters.IdPrefixes);
        return [.. candidates.Where(filter.Matches)];
    }

    /// <summary>Replaces labels and payload; what is not given stays.</summary>
    /// <exception cref="UseCaseException">The name would change, or the resource has changed since <paramref name="version"/>.</exception>
    public async Task<Resource> UpdateAsync(
        string id, ObjectVersion? version, Annotations? annotations, Any? payload, CancellationToken cancellationToken)
    {
        if (id.Length == 0 || version is null)
        {
            throw UseCaseException.Invalid("resource ID and version must be present");
        }

        var next = Find(await store.ViewAsync(cancellationToken), id).Clone();
        if (annotations is not null && annotations.Name != next.Annotations.Name)
        {
            throw UseCaseException.Invalid("cannot change resource name");
        }

        next.Meta.Version = version;
        next.Annotations = annotations ?? next.Annotations;
        next.Payload = payload ?? next.Payload;
        if (await store.TryAsync(new StoreTransaction().Update(next), cancellationToken) is { } conflict)
        {
            throw conflict.Reason == ConflictReason.OutOfSequence ? UseCaseException.Invalid(conflict.Message) : Commits.Refusal(conflict);
        }

        return store.Current.Find<Resource>(id) ?? next;
    }

    /// <summary>Removes a resource.</summary>
    /// <exception cref="UseCaseException">It does not exist.</exception>
    public async Task RemoveAsync(string id, CancellationToken cancellationToken)
    {
        Find(await store.ViewAsync(cancellationToken), id);
        await store.OrThrowAsync(new StoreTransaction().Remove<Resource>(id), cancellationToken);
    }

    private static StoreTransaction Creation(StoreView view, Resource resource)
    {
        if (view.FindByName<Extension>(resource.Kind) is not { } extension || extension.Annotations.Name != resource.Kind)
        {
            throw UseCaseException.Invalid($"Kind {resource.Kind} is not registered");
        }

        return view.FindByName<Resource>(resource.Annotations.Name) is null
            ? new StoreTransaction().RequireExists<Extension>(extension.Id).Create(resource)
            : throw new UseCaseException(UseCaseError.AlreadyExists, $"A resource with name {resource.Annotations.Name} already exists");
    }

    private static Resource Find(StoreView view, string id) => id.Length == 0
        ? throw UseCaseException.Invalid("resource ID must be present")
        : view.Find<Resource>(id) ?? throw UseCaseException.NotFound("resource", id);
}
