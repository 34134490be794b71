using SwarmOrleans.Contracts;

namespace SwarmOrleans.Store.Applying;

/// <summary>The words of each rule (STO-3).</summary>
internal static class Conflicts
{
    public static StoreConflict OutOfSequence(ObjectKind kind, string id) =>
        new(ConflictReason.OutOfSequence, kind, id, $"update out of sequence: {Name(kind)} {id} has been changed since it was read");

    public static StoreConflict Exists(ObjectKind kind, string id) =>
        new(ConflictReason.AlreadyExists, kind, id, $"object already exists: {Name(kind)} {id}");

    public static StoreConflict NotFound(ObjectKind kind, string id) =>
        new(ConflictReason.NotFound, kind, id, $"object does not exist: {Name(kind)} {id}");

    public static StoreConflict NameInUse(ObjectKind kind, string holder, string name) =>
        new(ConflictReason.NameInUse, kind, holder, $"name conflicts with an existing object: {Name(kind)} {name} is {holder}");

    public static StoreConflict Referenced(ObjectKind kind, string id, string by) =>
        new(ConflictReason.StillReferenced, kind, id, $"{Name(kind)} {id} is in use by {by}");

    public static StoreConflict KeyInUse(ObjectKind kind, string holder, string key) =>
        new(ConflictReason.KeyInUse, kind, holder, $"{key} is in use by {Name(kind)} {holder}");

    private static string Name(ObjectKind kind) => kind.ToString().ToLowerInvariant();
}
