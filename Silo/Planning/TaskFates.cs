using SwarmOrleans.Contracts;
using SwarmOrleans.Orchestration;

namespace SwarmOrleans.Silo.Planning;

/// <summary>What becomes of one service's tasks while a plan runs.</summary>
internal sealed class TaskFates
{
    private readonly Dictionary<string, Fate> _fates = [];
    private readonly bool _isPerNode;

    /// <param name="tasks">The service's tasks before it; those that have ended or are stopping have their fate behind them.</param>
    /// <param name="isPerNode">Its slots are nodes.</param>
    public TaskFates(IEnumerable<SwarmTask> tasks, bool isPerNode)
    {
        _isPerNode = isPerNode;
        foreach (var task in tasks.Where(t => t.IsWanted() && !t.HasEnded()))
        {
            Add(task, 0, default);
        }
    }

    /// <summary>Number of tasks made since the beginning.</summary>
    public int Made { get; private set; }

    /// <summary>A task has changed.</summary>
    /// <param name="old">As it was; null for a new one.</param>
    /// <param name="now">As it is; null when it is gone.</param>
    /// <param name="round">Number of the round, from 1 on.</param>
    /// <param name="at">The plan's time.</param>
    public void Note(SwarmTask? old, SwarmTask? now, int round, DateTimeOffset at)
    {
        if (old is null)
        {
            Add(now!, round, at);
            Made++;
        }
        else if (_fates.TryGetValue(old.Id, out var fate) && fate is { Stopped: 0, HasEnded: false })
        {
            fate.NodeId = now?.NodeId ?? fate.NodeId;
            fate.HasEnded = now is not null && now.IsWanted() && now.HasEnded();
            if (now?.IsWanted() != true)
            {
                (fate.Stopped, fate.StoppedAt) = (round, at);
            }
        }
    }

    /// <summary>What is started, replaced and stopped, in its order, by round.</summary>
    public IEnumerable<IGrouping<(int Round, DateTimeOffset At), (Fate? Leaving, Fate? Starting)>> Changes()
    {
        var changes = new List<(int Round, DateTimeOffset At, Fate? Leaving, Fate? Starting)>();
        var paired = new HashSet<Fate>();
        var slots = _fates.Values.ToLookup(f => f.Key);
        foreach (var fate in _fates.Values.Where(f => f.Made > 0))
        {
            var leaving = slots[fate.Key].FirstOrDefault(f => f.Order < fate.Order && f.Stopped >= fate.Made && paired.Add(f));
            changes.Add((fate.Made, fate.MadeAt, leaving, fate));
        }

        changes.AddRange(_fates.Values.Where(f => f.Stopped > 0 && !paired.Contains(f)).Select(f => (f.Stopped, f.StoppedAt, (Fate?)f, (Fate?)null)));
        return changes.OrderBy(c => c.Round).ThenBy(c => (c.Starting ?? c.Leaving)!.Key).GroupBy(c => (c.Round, c.At), c => (c.Leaving, c.Starting));
    }

    /// <summary>Tasks that were there before and still are.</summary>
    public IEnumerable<Fate> Staying() => _fates.Values.Where(f => f is { Made: 0, Stopped: 0 }).OrderBy(f => f.Key);

    private void Add(SwarmTask task, int round, DateTimeOffset at) => _fates[task.Id] = new Fate(task.Id, _fates.Count)
    {
        Key = (task.Slot, _isPerNode ? task.NodeId : ""),
        NodeId = task.NodeId,
        Made = round,
        MadeAt = at,
    };
}

/// <summary>What becomes of one task.</summary>
/// <param name="id">Its id.</param>
/// <param name="order">Its number, in the order in which tasks were seen.</param>
internal sealed class Fate(string id, int order)
{
    public string Id => id;

    public int Order => order;

    /// <summary>Its slot: a number or a node.</summary>
    public required (ulong Slot, string NodeId) Key { get; init; }

    public required string NodeId { get; set; }

    /// <summary>Round in which it was made; 0 when it was there before.</summary>
    public required int Made { get; init; }

    public required DateTimeOffset MadeAt { get; init; }

    /// <summary>Round in which it was told to stop; 0 when it was not.</summary>
    public int Stopped { get; set; }

    public DateTimeOffset StoppedAt { get; set; }

    /// <summary>It has come to its end by itself.</summary>
    public bool HasEnded { get; set; }
}
