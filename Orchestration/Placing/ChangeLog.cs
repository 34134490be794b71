namespace SwarmOrleans.Orchestration;

/// <summary>
/// The nodes that changed lately, in order, so that what is kept by node can be brought up to date when it is needed. Who is too far behind
/// starts over.
/// </summary>
internal sealed class ChangeLog
{
    private const int Capacity = 1 << 14;

    private readonly int[] _nodes = new int[Capacity];

    /// <summary>Number of changes so far.</summary>
    public long End { get; private set; }

    public void Add(int node) => _nodes[End++ % Capacity] = node;

    /// <summary>The node of change number <paramref name="at"/>.</summary>
    public int this[long at] => _nodes[at % Capacity];

    /// <summary>True when every change from number <paramref name="from"/> on is still known.</summary>
    public bool Reaches(long from) => End - from <= Capacity;
}
