using SwarmOrleans.Contracts;

namespace SwarmOrleans.Store.Snapshots;

internal static class VerdictCodec
{
    public static LogVerdict Encode(CommitResult result)
    {
        var verdict = new LogVerdict { Outcome = (int)result.Outcome, Version = result.Version };
        if (result.Conflict is { } conflict)
        {
            verdict.Reason = (int)conflict.Reason;
            verdict.Kind = (int)conflict.Kind;
            verdict.Id = conflict.Id;
            verdict.Message = conflict.Message;
        }

        return verdict;
    }

    public static CommitResult Decode(LogVerdict verdict)
    {
        var outcome = (CommitOutcome)verdict.Outcome;
        var conflict = outcome == CommitOutcome.Conflict
            ? new StoreConflict((ConflictReason)verdict.Reason, (ObjectKind)verdict.Kind, verdict.Id, verdict.Message)
            : null;
        return new CommitResult(outcome, verdict.Version, conflict);
    }
}
