using Orleans.Runtime;
using SwarmOrleans.Contracts;
using SwarmOrleans.Silo.Reconciling;
using SwarmOrleans.Store;

namespace SwarmOrleans.Silo.Membership;

/// <summary>
/// The owner of a key is the manager with the highest hash of key and manager among those whose silo is active. All managers agree on it at one
/// version, and when one comes or goes only its own keys move.
/// </summary>
public sealed class RendezvousOwnership(string managerId) : IOwnership
{
    // Replaced whole: several threads ask, and one must not see the version of one view with the managers of another.
    private volatile ActiveManagers _cache = new(ulong.MaxValue, []);

    /// <inheritdoc />
    public bool IsOwner(StoreView view, string key)
    {
        ArgumentNullException.ThrowIfNull(view);
        return OwnerOf(Active(view), key) == managerId;
    }

    /// <summary>The owner among <paramref name="managers"/>; null when there are none.</summary>
    public static string? OwnerOf(IEnumerable<string> managers, string key) => managers.MaxBy(m => (Hash(key, m), m));

    private string[] Active(StoreView view)
    {
        var cache = _cache;
        if (cache.Version != view.Version)
        {
            cache = new(view.Version, [.. view.All<SiloMember>().Where(s => (SiloStatus)s.Status == SiloStatus.Active).Select(s => s.SiloName).Distinct()]);
            _cache = cache;
        }

        return cache.Managers;
    }

    private static ulong Hash(string key, string manager)
    {
        var hash = 14695981039346656037ul;
        foreach (var c in key.AsSpan())
        {
            hash = (hash ^ c) * 1099511628211;
        }

        foreach (var c in manager.AsSpan())
        {
            hash = (hash ^ c) * 1099511628211;
        }

        // The last characters would else decide too little.
        hash ^= hash >> 33;
        hash *= 0xff51afd7ed558ccd;
        return hash ^ (hash >> 33);
    }

    private sealed record ActiveManagers(ulong Version, string[] Managers);
}
