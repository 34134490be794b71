using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>
/// Where the search for a free dynamic port begins: after the one given last, so that a port that was just freed is not given to somebody else at once
/// (PRT-1). A hint only: which port is free is decided by the store. Safe for concurrent use.
/// </summary>
public sealed class PortCursor
{
    private readonly Dictionary<PortConfig.Types.Protocol, uint> _last = [];
    private readonly uint _start;
    private readonly Lock _lock = new();

    /// <summary>A cursor that begins with the lowest port.</summary>
    public PortCursor()
    {
    }

    private PortCursor(uint start) => _start = start;

    /// <summary>
    /// A cursor that begins anywhere, the same for the same id: managers that go through the range in step would take each other's ports again and again.
    /// </summary>
    public static PortCursor SpreadBy(string id, PortRange range)
    {
        ArgumentNullException.ThrowIfNull(id);
        return new PortCursor(range.First + (id.Aggregate(0u, (hash, c) => (hash * 31) + c) % (range.Last - range.First + 1)));
    }

    /// <summary>The next free port, which the cursor then stands on; null when none is free.</summary>
    public uint? Take(PortConfig.Types.Protocol protocol, PortRange range, Func<uint, bool> isTaken)
    {
        lock (_lock)
        {
            var found = range.NextFree(_last.GetValueOrDefault(protocol, _start), isTaken);
            if (found is { } number)
            {
                _last[protocol] = number;
            }

            return found;
        }
    }
}
