using System.Diagnostics;
using System.Runtime.CompilerServices;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Store.Tables;

/// <summary>
/// Finds out, in debug builds, whether someone changed an object that the store had handed out: the hash of its content is taken when it
/// is stored and compared when it is replaced. Release builds pay nothing.
/// </summary>
internal static class FreezeGuard
{
    private static readonly ConditionalWeakTable<IStoreObject, StrongBox<int>> Seals = [];

    /// <summary>Remembers what <paramref name="item"/> contains now, unless it is packed.</summary>
    [Conditional("DEBUG")]
    public static void Seal(StoredObject item)
    {
        if (item is { IsNone: false, Packed: null })
        {
            Seal(item.Open()!);
        }
    }

    /// <summary>Remembers what <paramref name="item"/> contains now.</summary>
    [Conditional("DEBUG")]
    public static void Seal(IStoreObject item) => Seals.AddOrUpdate(item, new StrongBox<int>(item.GetHashCode()));

    /// <summary>Compares with what was remembered.</summary>
    /// <exception cref="InvalidOperationException">The object was changed while it was in the store.</exception>
    [Conditional("DEBUG")]
    public static void Verify(StoredObject stored)
    {
        if (stored is { IsNone: false, Packed: null } && stored.Open() is { } item && Seals.TryGetValue(item, out var seal) && seal.Value != item.GetHashCode())
        {
            throw new InvalidOperationException($"{item.Kind} {item.Id} was changed while it was in the store: objects taken from a view must be cloned first");
        }
    }

    /// <summary>Compares everything in <paramref name="tables"/>.</summary>
    /// <exception cref="InvalidOperationException">An object was changed while it was in the store.</exception>
    [Conditional("DEBUG")]
    public static void Verify(TableSet tables)
    {
        for (var kind = 0; kind < TableSet.Kinds; kind++)
        {
            foreach (var (_, item) in tables.Objects((ObjectKind)kind))
            {
                Verify(item);
            }
        }
    }
}
