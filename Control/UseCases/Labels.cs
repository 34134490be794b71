using SwarmOrleans.Contracts;
using SwarmOrleans.Store;

namespace SwarmOrleans.Control;

/// <summary>What secrets and configs have in common: only their labels change, and they stay while a service refers to them.</summary>
internal static class Labels
{
    public static void RequireOnly(bool isAllTheSame)
    {
        if (!isAllTheSame)
        {
            throw UseCaseException.Invalid("spec: only updates to Labels are allowed");
        }
    }

    public static void Replace(Annotations annotations, Annotations with)
    {
        annotations.Labels.Clear();
        annotations.Labels.Add(with.Labels);
    }

    public static void RequireUnused(string kind, string name, IReadOnlyCollection<Service> users)
    {
        if (users.Count > 0)
        {
            var names = users.Select(s => s.Spec.Annotations.Name).Order(StringComparer.Ordinal);
            throw UseCaseException.Invalid($"{kind} '{name}' is in use by the following service{(users.Count > 1 ? "s" : "")}: {string.Join(", ", names)}");
        }
    }

    /// <summary>Creates an object with a unique name.</summary>
    /// <exception cref="UseCaseException">The name is taken.</exception>
    public static async Task CreateNamedAsync(this ISwarmStore store, IStoreObject item, CancellationToken cancellationToken)
    {
        var result = await store.CommitAsync(new StoreTransaction().Create(item), cancellationToken);
        if (result.ConflictOrThrow() is { } conflict)
        {
            throw conflict.Reason == ConflictReason.NameInUse ? NameInUse(item) : Commits.Refusal(conflict);
        }
    }

    /// <summary>The name is taken.</summary>
    public static UseCaseException NameInUse(IStoreObject item) => new(
        UseCaseError.AlreadyExists, $"{item.Kind.ToString().ToLowerInvariant()} {DisplayNames.Of(item)} already exists");
}
