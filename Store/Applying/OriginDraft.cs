using System.Collections.Immutable;

namespace SwarmOrleans.Store.Applying;

/// <summary>What one manager has been answered, while an entry is applied.</summary>
internal sealed class OriginDraft
{
    // A late copy of a command outlives the process that sent it by seconds; sixteen starts take longer.
    private const int MaxEndedBoots = 16;

    private ImmutableSortedDictionary<ulong, CommitResult[]>.Builder _verdicts;
    private ImmutableArray<string> _endedBoots;
    private ulong _floor;

    public OriginDraft(OriginState state) =>
        (Boot, _floor, _verdicts, _endedBoots) = (state.Boot, state.Floor, state.Verdicts.ToBuilder(), state.EndedBoots);

    public string Boot { get; private set; }

    /// <summary>True when commands of that start of the manager are not executed any more.</summary>
    public bool HasEnded(string boot) => _endedBoots.Contains(boot);

    public void BeginBoot(string boot)
    {
        var ended = _endedBoots.Add(Boot);
        _endedBoots = ended.Length > MaxEndedBoots ? ended.RemoveAt(0) : ended;
        (Boot, _floor, _verdicts) = (boot, 1, ImmutableSortedDictionary.CreateBuilder<ulong, CommitResult[]>());
    }

    /// <summary>True when the command was executed or expired before; null verdicts when they are not known any more.</summary>
    public bool IsKnown(ulong sequence, out CommitResult[]? verdicts)
    {
        verdicts = null;
        return sequence < _floor || _verdicts.TryGetValue(sequence, out verdicts);
    }

    /// <summary>Remembers the verdicts of a command, and forgets those below <paramref name="floor"/>, which nobody asks for again.</summary>
    public void Record(ulong sequence, ulong floor, CommitResult[] verdicts)
    {
        _verdicts[sequence] = verdicts;
        for (; _floor < floor && _verdicts.Count > 0; _floor++)
        {
            _verdicts.Remove(_floor);
        }

        _floor = Math.Max(_floor, floor);
    }

    public OriginState Freeze() => new(Boot, _floor, _verdicts.ToImmutable(), _endedBoots);
}
