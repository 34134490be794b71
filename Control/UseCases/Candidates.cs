using SwarmOrleans.Contracts;
using SwarmOrleans.Store;

namespace SwarmOrleans.Control;

/// <summary>Which objects a list has to look at: a whole id or a unique name leads to one object, whatever the number of others.</summary>
internal static class Candidates
{
    // A prefix this long is a whole id.
    private const int IdLength = 25;

    /// <summary>The objects among which those are that have one of the names and one of the id prefixes.</summary>
    public static IEnumerable<T> WithAll<T>(StoreView view, IReadOnlyCollection<string>? names, IReadOnlyCollection<string>? idPrefixes)
        where T : class, IStoreObject, new()
    {
        if (AreIds(idPrefixes))
        {
            return ByIds<T>(view, idPrefixes!);
        }

        return names is { Count: > 0 } && ObjectKinds.Of<T>() is not (ObjectKind.Node or ObjectKind.Task) ? ByNames<T>(view, names) : view.All<T>();
    }

    /// <summary>The objects among which those are that have one of the names, name prefixes or id prefixes.</summary>
    public static IEnumerable<T> WithAny<T>(
        StoreView view, IReadOnlyCollection<string> names, IReadOnlyCollection<string> namePrefixes, IReadOnlyCollection<string> idPrefixes)
        where T : class, IStoreObject, new() =>
        namePrefixes.Count == 0 && names.Count + idPrefixes.Count > 0 && (idPrefixes.Count == 0 || AreIds(idPrefixes))
            ? ByNames<T>(view, names).Union(ByIds<T>(view, idPrefixes))
            : view.All<T>();

    private static bool AreIds(IReadOnlyCollection<string>? prefixes) => prefixes is { Count: > 0 } && prefixes.All(p => p.Length >= IdLength);

    private static IEnumerable<T> ByIds<T>(StoreView view, IEnumerable<string> ids)
        where T : class, IStoreObject, new() => ids.Distinct().Select(view.Find<T>).OfType<T>();

    private static IEnumerable<T> ByNames<T>(StoreView view, IEnumerable<string> names)
        where T : class, IStoreObject, new() => names.Select(view.FindByName<T>).OfType<T>().Distinct();
}
