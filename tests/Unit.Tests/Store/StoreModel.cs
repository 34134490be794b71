using SwarmOrleans.Store;

namespace SwarmOrleans.Tests.Unit.Store;

/// <summary>What a store of services should do, in the plainest way: each transaction works on a copy of everything.</summary>
internal sealed class StoreModel
{
    internal enum Rule
    {
        Exists,
        Absent,
        Version,
        Create,
        Update,
        Remove,
    }

    public Dictionary<string, Row> Rows { get; private set; } = [];

    public ulong Version { get; private set; }

    public StoreModel Copy() => new() { Rows = new(Rows), Version = Version };

    public string? HolderOf(string name) => Holder(Rows, name);

    /// <summary>Decides one transaction: its conditions first, then its writes, each on what the ones before it left.</summary>
    public Verdict Decide(IReadOnlyList<Step> steps)
    {
        var draft = new Dictionary<string, Row>(Rows);
        foreach (var step in steps.OrderBy(s => s.Rule >= Rule.Create))
        {
            if (Conflict(draft, step) is { } conflict)
            {
                return conflict;
            }

            if (step.Rule == Rule.Remove)
            {
                draft.Remove(step.Id);
            }
            else if (step.Rule >= Rule.Create)
            {
                draft[step.Id] = new Row(step.Name, Version + 1, step.Created);
            }
        }

        if (steps.Any(s => s.Rule >= Rule.Create))
        {
            Rows = draft;
            Version++;
        }

        return new Verdict(CommitOutcome.Committed, Version, null, null);
    }

    private static Verdict? Conflict(Dictionary<string, Row> draft, Step step)
    {
        var exists = draft.TryGetValue(step.Id, out var row);
        if (step.Rule is Rule.Create or Rule.Absent)
        {
            if (exists)
            {
                return Verdict.No(ConflictReason.AlreadyExists, step.Id);
            }
        }
        else if (!exists)
        {
            return Verdict.No(ConflictReason.NotFound, step.Id);
        }
        else if (step.Version != 0 && step.Version != row!.Version)
        {
            return Verdict.No(ConflictReason.OutOfSequence, step.Id);
        }

        return step.Rule is Rule.Create or Rule.Update && Holder(draft, step.Name) is { } holder && holder != step.Id
            ? Verdict.No(ConflictReason.NameInUse, holder)
            : null;
    }

    private static string? Holder(Dictionary<string, Row> rows, string name) =>
        name.Length == 0 ? null : rows.Where(r => r.Value.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(r => r.Key).SingleOrDefault();

    internal sealed record Row(string Name, ulong Version, ulong Created);

    internal sealed record Step(Rule Rule, string Id, string Name, ulong Version, ulong Created);

    internal sealed record Verdict(CommitOutcome Outcome, ulong Version, ConflictReason? Reason, string? Id)
    {
        public static Verdict No(ConflictReason reason, string id) => new(CommitOutcome.Conflict, 0, reason, id);

        public static Verdict Of(CommitResult result) => new(result.Outcome, result.Version, result.Conflict?.Reason, result.Conflict?.Id);
    }
}
