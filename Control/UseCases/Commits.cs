using SwarmOrleans.Store;

namespace SwarmOrleans.Control;

/// <summary>Commits and turns what was not committed into an answer for the user.</summary>
internal static class Commits
{
    // Who loses this often against others had better ask its user.
    private const int Attempts = 10;

    public static async Task OrThrowAsync(this ISwarmStore store, StoreTransaction transaction, CancellationToken cancellationToken)
    {
        if (await store.TryAsync(transaction, cancellationToken) is { } conflict)
        {
            throw Refusal(conflict);
        }
    }

    /// <summary>Commits what <paramref name="decide"/> makes of the state; after a conflict it decides again, on a state that shows why, and may refuse.</summary>
    public static async Task DecideAsync(
        this ISwarmStore store, StoreView view, Func<StoreView, StoreTransaction> decide, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var conflict = await store.TryAsync(decide(view), cancellationToken);
            if (conflict is null)
            {
                return;
            }

            if (attempt == Attempts)
            {
                throw Refusal(conflict);
            }

            view = store.Current;
        }
    }

    /// <summary>Commits; returns the condition that did not hold, or null.</summary>
    /// <exception cref="UseCaseException">Nothing could be committed, or the outcome is not known.</exception>
    public static async Task<StoreConflict?> TryAsync(this ISwarmStore store, StoreTransaction transaction, CancellationToken cancellationToken)
    {
        var result = await store.CommitAsync(transaction, cancellationToken);
        return result.ConflictOrThrow();
    }

    /// <summary>The condition that did not hold, or null.</summary>
    /// <exception cref="UseCaseException">Nothing could be committed, or the outcome is not known.</exception>
    public static StoreConflict? ConflictOrThrow(this CommitResult result) => result.Outcome switch
    {
        CommitOutcome.Committed => null,
        CommitOutcome.Conflict => result.Conflict,
        CommitOutcome.Unavailable => throw new UseCaseException(
            UseCaseError.Unavailable, "the swarm has no leader: nothing was changed; make sure that more than half of the managers are online"),
        _ => throw new UseCaseException(
            UseCaseError.Unavailable, "the outcome is unknown: the change may or may not have been made; look before trying again"),
    };

    public static UseCaseException Refusal(StoreConflict conflict) => new(ErrorOf(conflict.Reason), conflict.Message);

    private static UseCaseError ErrorOf(ConflictReason reason) => reason switch
    {
        ConflictReason.AlreadyExists or ConflictReason.NameInUse => UseCaseError.AlreadyExists,
        ConflictReason.NotFound => UseCaseError.NotFound,
        _ => UseCaseError.FailedPrecondition,
    };
}
