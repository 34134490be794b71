using SwarmOrleans.Contracts;
using SwarmOrleans.Store;

namespace SwarmOrleans.Control;

/// <summary>What users do with extensions: kinds of resources that the swarm keeps without knowing them (API-32). They never change.</summary>
public sealed class Extensions(ISwarmStore store, IIdSource ids)
{
    private const int MaxNamesShown = 10;

    /// <summary>Registers a kind.</summary>
    /// <exception cref="UseCaseException">There is no name, or it is taken or a kind of the swarm's own.</exception>
    public async Task<Extension> CreateAsync(Annotations? annotations, string description, CancellationToken cancellationToken)
    {
        if (annotations is not { Name.Length: > 0 })
        {
            throw UseCaseException.Invalid("extension name must be provided");
        }

        var extension = new Extension { Id = ids.NewId(), Annotations = annotations, Description = description };
        if (Enum.GetNames<ObjectKind>().Contains(annotations.Name, StringComparer.OrdinalIgnoreCase))
        {
            throw Labels.NameInUse(extension);
        }

        await store.CreateNamedAsync(extension, cancellationToken);
        return store.Current.Find<Extension>(extension.Id) ?? extension;
    }

    /// <summary>One extension.</summary>
    /// <exception cref="UseCaseException">It does not exist.</exception>
    public async Task<Extension> GetAsync(string id, CancellationToken cancellationToken) => Find(await store.ViewAsync(cancellationToken), id);

    /// <summary>Removes an extension that no resource is of.</summary>
    /// <exception cref="UseCaseException">It does not exist, or there are resources of its kind.</exception>
    public async Task RemoveAsync(string id, CancellationToken cancellationToken) => await store.DecideAsync(
        await store.ViewAsync(cancellationToken),
        view =>
        {
            var name = Find(view, id).Annotations.Name;
            var users = view.ResourcesOfKind(name);
            if (users.Count > 0)
            {
                var names = users.Select(r => r.Annotations.Name).Order(StringComparer.Ordinal).Take(MaxNamesShown);
                throw UseCaseException.Invalid(
                    $"extension '{name}' is in use by the following resource{(users.Count > 1 ? "s" : "")}: {string.Join(", ", names)}");
            }

            return new StoreTransaction().RequireUnreferenced(ObjectKind.Extension, id).Remove<Extension>(id);
        },
        cancellationToken);

    private static Extension Find(StoreView view, string id) => id.Length == 0
        ? throw UseCaseException.Invalid("extension ID must be provided")
        : view.Find<Extension>(id) ?? throw UseCaseException.NotFound("extension", id);
}
