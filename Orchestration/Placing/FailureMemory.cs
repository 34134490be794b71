namespace SwarmOrleans.Orchestration;

/// <summary>Recent failures of one service by version and node (SCH-16).</summary>
internal sealed class FailureCounts
{
    private const int TooMany = 5;

    private readonly Dictionary<(ulong Version, int Node), int> _counts = [];

    public bool IsEmpty => _counts.Count == 0;

    /// <summary>Nodes with failures of that version that are too many.</summary>
    public IEnumerable<int> Penalized(ulong version) => _counts.Where(c => c.Key.Version == version && c.Value >= TooMany).Select(c => c.Key.Node);

    /// <summary>Failures of that version there; 0 while they are too few to matter (SCH-15).</summary>
    public int Penalty(ulong version, int node) => _counts.GetValueOrDefault((version, node)) is var count && count >= TooMany ? count : 0;

    public void Add(ulong version, int node) => _counts[(version, node)] = _counts.GetValueOrDefault((version, node)) + 1;

    public void Remove(ulong version, int node)
    {
        if (_counts.TryGetValue((version, node), out var count))
        {
            if (count > 1)
            {
                _counts[(version, node)] = count - 1;
            }
            else
            {
                _counts.Remove((version, node));
            }
        }
    }
}

/// <summary>Forgets failures when they are old: they are kept in the order in which they were reported.</summary>
internal sealed class FailureMemory
{
    private static readonly TimeSpan Span = TimeSpan.FromMinutes(5);

    private readonly Queue<(ServiceLoad Service, ulong Version, int Node, DateTimeOffset At)> _failures = [];

    public void Note(ServiceLoad service, ulong version, int node, DateTimeOffset at)
    {
        (service.Failures ??= new FailureCounts()).Add(version, node);
        _failures.Enqueue((service, version, node, at));
    }

    /// <summary>Forgets what is older than five minutes; gives the services and nodes to which that makes a difference.</summary>
    public IEnumerable<(ServiceLoad Service, int Node)> Expire(DateTimeOffset now)
    {
        while (_failures.TryPeek(out var oldest) && oldest.At < now - Span)
        {
            _failures.Dequeue();
            oldest.Service.Failures!.Remove(oldest.Version, oldest.Node);
            yield return (oldest.Service, oldest.Node);
        }
    }
}
