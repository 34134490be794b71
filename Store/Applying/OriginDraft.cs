using System.Collections.Immutable;

namespace SwarmOrleans.Store.Applying;

/// <summary>What one manager has been answered, while an entry is applied.</summary>
internal sealed class OriginDraft
{
    // A late copy of a command outlives the process that sent it by seconds; sixteen starts take longer.
    private const int MaxEndedBoots = 16;

    private VerdictWindow.Draft _verdicts;
    private ImmutableArray<string> _endedBoots;
    private ulong _floor;

    public OriginDraft(OriginState state) =>
        (Boot, _floor, _verdicts, _endedBoots) = (state.Boot, state.Floor, new VerdictWindow.Draft(state.Verdicts), state.EndedBoots);

    public string Boot { get; private set; }

    /// <summary>True when commands of that start of the manager are not executed any more.</summary>
    public bool HasEnded(string boot) => _endedBoots.Contains(boot);

    public void BeginBoot(string boot)
    {
        var ended = _endedBoots.Add(Boot);
        _endedBoots = ended.Length > MaxEndedBoots ? ended.RemoveAt(0) : ended;
        (Boot, _floor, _verdicts) = (boot, 1, new VerdictWindow.Draft(VerdictWindow.Empty));
    }

    /// <summary>True when the command was executed or expired before; null verdicts when they are not known any more.</summary>
    public bool IsKnown(ulong sequence, out CommitResult[]? verdicts)
    {
        verdicts = sequence < _floor ? null : _verdicts.Find(sequence);
        return sequence < _floor || verdicts is not null;
    }

    /// <summary>Remembers the verdicts of a command, and forgets those below <paramref name="floor"/>, which nobody asks for again.</summary>
    public void Record(ulong sequence, ulong floor, CommitResult[] verdicts)
    {
        _verdicts.Set(sequence, verdicts);
        _floor = Math.Max(_floor, floor);
        _verdicts.DropBelow(_floor);
    }

    public OriginState Freeze() => new(Boot, _floor, _verdicts.Freeze(), _endedBoots);
}
