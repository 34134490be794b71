using IdSet = SwarmOrleans.Store.Tables.PersistentMap<string>;

namespace SwarmOrleans.Store.Tables;

/// <summary>
/// The ids under one key of an index: a bare string when there is one, else a set. Most keys (slots above all) have one, and a set for
/// each would take more memory than the tasks' states do.
/// </summary>
internal static class IdGroup
{
    public static object With(object? group, string id, object owner) => group switch
    {
        null => id,
        string one => one == id ? one : IdSet.Empty.Set(one, one, owner).Set(id, id, owner),
        _ => ((IdSet)group).Set(id, id, owner),
    };

    /// <summary>The group without the id; null when nothing is left.</summary>
    public static object? Without(object group, string id, object owner)
    {
        if (group is string one)
        {
            return one == id ? null : one;
        }

        var rest = ((IdSet)group).Remove(id, owner);
        return rest.Count switch
        {
            0 => null,
            1 => First(rest),
            _ => rest,
        };
    }

    public static string First(object group) => group as string ?? ((IdSet)group).First().Key;

    /// <summary>An id of the group that is not <paramref name="id"/>; null when there is none.</summary>
    public static string? FirstOther(object group, string id)
    {
        if (group is string one)
        {
            return one == id ? null : one;
        }

        foreach (var (other, _) in (IdSet)group)
        {
            if (other != id)
            {
                return other;
            }
        }

        return null;
    }

    public static string[] ToArray(object? group)
    {
        switch (group)
        {
            case null:
                return [];
            case string one:
                return [one];
        }

        var set = (IdSet)group;
        var ids = new string[set.Count];
        var i = 0;
        foreach (var (id, _) in set)
        {
            ids[i++] = id;
        }

        return ids;
    }
}
