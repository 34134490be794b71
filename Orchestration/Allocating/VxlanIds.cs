namespace SwarmOrleans.Orchestration;

/// <summary>
/// Ids of the overlay networks' subnets on the wire (NET-3). Chosen ones are 4096 to 2^24-1, one after the other: below that some systems have ids of their
/// own. Users may name any.
/// </summary>
internal sealed class VxlanIds
{
    public const uint Lowest = 4096;

    public const uint Highest = (1 << 24) - 1;

    private readonly AddressBits _used = new(Highest + 1L);
    private long _last = Lowest - 1;

    /// <summary>The ids of a list such as 4097,4098; null when it is not one.</summary>
    public static IReadOnlyList<uint>? TryParse(string list)
    {
        var ids = new List<uint>();
        foreach (var text in list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (!uint.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var id) || id > Highest)
            {
                return null;
            }

            ids.Add(id);
        }

        return ids;
    }

    /// <summary>Takes an id. False when a subnet has it.</summary>
    /// <param name="id">0 to <see cref="Highest"/>.</param>
    /// <param name="wasChosen">True when it comes from here, in an earlier life: the next one is chosen after it.</param>
    public bool Take(uint id, bool wasChosen)
    {
        _last = wasChosen ? Math.Max(_last, id) : _last;
        return _used.Set(id);
    }

    /// <summary>The next free one; null when all are in use.</summary>
    public uint? TakeNext()
    {
        if ((_used.LowestClear(_last + 1, Highest) ?? _used.LowestClear(Lowest, Highest)) is not { } found)
        {
            return null;
        }

        _last = found;
        _used.Set(found);
        return (uint)found;
    }

    public void Release(uint id) => _used.Clear(id);
}
