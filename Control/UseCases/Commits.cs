using SwarmOrleans.Store;

namespace SwarmOrleans.Control;

/// <summary>Commits and turns what was not committed into an answer for the user.</summary>
internal static class Commits
{
    public static async Task OrThrowAsync(this ISwarmStore store, StoreTransaction transaction, CancellationToken cancellationToken) =>
        (await store.CommitAsync(transaction, cancellationToken)).OrThrow();

    public static void OrThrow(this CommitResult result)
    {
        switch (result.Outcome)
        {
            case CommitOutcome.Committed:
                return;
            case CommitOutcome.Conflict:
                throw new UseCaseException(ErrorOf(result.Conflict!.Reason), result.Conflict.Message);
            case CommitOutcome.Unavailable:
                throw new UseCaseException(
                    UseCaseError.Unavailable, "the swarm has no leader: nothing was changed; make sure that more than half of the managers are online");
            default:
                throw new UseCaseException(
                    UseCaseError.Unavailable, "the outcome is unknown: the change may or may not have been made; look before trying again");
        }
    }

    private static UseCaseError ErrorOf(ConflictReason reason) => reason switch
    {
        ConflictReason.AlreadyExists or ConflictReason.NameInUse => UseCaseError.AlreadyExists,
        ConflictReason.NotFound => UseCaseError.NotFound,
        _ => UseCaseError.FailedPrecondition,
    };
}
