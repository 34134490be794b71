using System.Collections.Immutable;

namespace SwarmOrleans.Store.Applying;

/// <summary>
/// What one manager has been answered. A command of a new boot ends the boot before it: two starts of one manager never overlap, since
/// the state directory is locked.
/// </summary>
internal sealed record OriginState(
    string Boot, ulong Floor, ImmutableSortedDictionary<ulong, CommitResult[]> Verdicts, ImmutableArray<string> EndedBoots)
{
    // A late copy of a command outlives the process that sent it by seconds; sixteen starts take longer.
    private const int MaxEndedBoots = 16;

    public static OriginState First(string boot) => new(boot, 1, ImmutableSortedDictionary<ulong, CommitResult[]>.Empty, []);

    public OriginState NextBoot(string boot)
    {
        var ended = EndedBoots.Add(Boot);
        return First(boot) with { EndedBoots = ended.Length > MaxEndedBoots ? ended.RemoveAt(0) : ended };
    }

    public OriginState Record(ulong sequence, ulong floor, CommitResult[] verdicts)
    {
        var kept = Verdicts.SetItem(sequence, verdicts);
        if (floor <= Floor)
        {
            return this with { Verdicts = kept };
        }

        while (kept.Count > 0)
        {
            using var first = kept.GetEnumerator();
            first.MoveNext();
            if (first.Current.Key >= floor)
            {
                break;
            }

            kept = kept.Remove(first.Current.Key);
        }

        return this with { Floor = floor, Verdicts = kept };
    }
}
