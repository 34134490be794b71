using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>Tasks of one group without a node. What has been replaced or removed meanwhile is passed over when they are taken.</summary>
internal sealed class WaitingTasks
{
    private readonly List<SwarmTask> _tasks = [];
    private bool _isSorted = true;

    /// <summary>Number of those that really wait.</summary>
    public int Count { get; set; }

    /// <summary>True while the scheduler has the group in its list.</summary>
    public bool IsListed { get; set; }

    /// <summary>How many at the beginning have been told why they wait.</summary>
    public int Told { get; set; }

    /// <summary>All that were added, in the order in which they are to be placed after <see cref="Sort"/>.</summary>
    public IReadOnlyList<SwarmTask> All => _tasks;

    public void Add(SwarmTask task)
    {
        _isSorted &= _tasks.Count == 0 || Compare(_tasks[^1], task) <= 0;
        _tasks.Add(task);
        Count++;
    }

    /// <summary>False, with everything forgotten, when nothing waits any more.</summary>
    public bool StaysListed()
    {
        IsListed = Count > 0;
        if (!IsListed)
        {
            _tasks.Clear();
            (_isSorted, Told) = (true, 0);
        }

        return IsListed;
    }

    /// <summary>Brings them into the order of their slots.</summary>
    public void Sort()
    {
        if (!_isSorted)
        {
            _tasks.Sort(Compare);
            _isSorted = true;
        }
    }

    /// <summary>Forgets the first so many, which do not wait any more.</summary>
    public void Drop(int count)
    {
        _tasks.RemoveRange(0, count);
        Told = Math.Max(0, Told - count);
    }

    /// <summary>Keeps only what still waits.</summary>
    public void Compact(Predicate<SwarmTask> isWaiting)
    {
        var kept = 0;
        var told = 0;
        for (var i = 0; i < _tasks.Count; i++)
        {
            if (isWaiting(_tasks[i]))
            {
                told += i < Told ? 1 : 0;
                _tasks[kept++] = _tasks[i];
            }
        }

        _tasks.RemoveRange(kept, _tasks.Count - kept);
        Told = told;
    }

    private static int Compare(SwarmTask a, SwarmTask b) =>
        a.Slot != b.Slot ? a.Slot.CompareTo(b.Slot) : string.CompareOrdinal(a.Id, b.Id);
}
