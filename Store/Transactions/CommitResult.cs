using SwarmOrleans.Contracts;

namespace SwarmOrleans.Store;

/// <summary>How a transaction ended.</summary>
public enum CommitOutcome
{
    /// <summary>All its changes are in the store.</summary>
    Committed,

    /// <summary>A precondition did not hold; nothing was changed. See <see cref="CommitResult.Conflict"/>.</summary>
    Conflict,

    /// <summary>It may or may not have been committed: the deadline passed before the outcome was known.</summary>
    Unknown,

    /// <summary>It was certainly not committed: no leader could be reached before the deadline, or the leadership it was bound to has ended.</summary>
    Unavailable,
}

/// <summary>Why a transaction conflicted.</summary>
public enum ConflictReason
{
    /// <summary>The object has another version than the transaction was decided on: "update out of sequence".</summary>
    OutOfSequence,

    /// <summary>An object with that id exists: "object already exists".</summary>
    AlreadyExists,

    /// <summary>The name is taken: "name conflicts with an existing object".</summary>
    NameInUse,

    /// <summary>The object is not there: "object does not exist".</summary>
    NotFound,

    /// <summary>Another unique key (published port, address) is taken.</summary>
    KeyInUse,

    /// <summary>Something still refers to the object.</summary>
    StillReferenced,
}

/// <summary>The precondition that did not hold.</summary>
/// <param name="Reason">The rule.</param>
/// <param name="Kind">Kind of the object that caused it.</param>
/// <param name="Id">Its id (for <see cref="ConflictReason.NameInUse"/> and <see cref="ConflictReason.KeyInUse"/> the holder's).</param>
/// <param name="Message">The rule and the object in words.</param>
public sealed record StoreConflict(ConflictReason Reason, ObjectKind Kind, string Id, string Message);

/// <summary>The outcome of one transaction.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="Version">Store version that the transaction wrote; 0 unless committed.</param>
/// <param name="Conflict">Set for <see cref="CommitOutcome.Conflict"/>.</param>
public readonly record struct CommitResult(CommitOutcome Outcome, ulong Version, StoreConflict? Conflict)
{
    /// <summary>True when the changes are in the store.</summary>
    public bool IsCommitted => Outcome == CommitOutcome.Committed;
}
