using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>A range of port numbers, both ends included.</summary>
public readonly record struct PortRange
{
    /// <summary>What a user may ask for by number.</summary>
    public static readonly PortRange All = new(1, 65535);

    /// <summary>Where ports that have no number in their spec come from, unless the cluster says otherwise (PRT-1).</summary>
    public static readonly PortRange DefaultDynamic = new(30000, 32767);

    /// <param name="first">Lowest number.</param>
    /// <param name="last">Highest number, above <paramref name="first"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The range is empty or has one number only.</exception>
    public PortRange(uint first, uint last)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(last, first);
        (First, Last) = (first, last);
    }

    /// <summary>Lowest number.</summary>
    public uint First { get; }

    /// <summary>Highest number.</summary>
    public uint Last { get; }

    /// <summary>The cluster's range for ports without a number.</summary>
    public static PortRange DynamicOf(Cluster? cluster) =>
        cluster?.Spec?.DynamicPorts is { First: > 0 } set && set.Last > set.First ? new PortRange(set.First, set.Last) : DefaultDynamic;

    /// <summary>True for a number of the range.</summary>
    public bool Contains(uint number) => number >= First && number <= Last;

    /// <summary>The first free number after <paramref name="last"/>, going on at the beginning after the end; null when all are taken.</summary>
    /// <param name="last">The number that was given last; one outside the range to begin with the lowest.</param>
    /// <param name="isTaken">Whether somebody has that number.</param>
    public uint? NextFree(uint last, Func<uint, bool> isTaken)
    {
        ArgumentNullException.ThrowIfNull(isTaken);
        var count = Last - First + 1;
        var offset = Contains(last) ? last - First + 1 : 0;
        for (var i = 0u; i < count; i++)
        {
            var number = First + ((offset + i) % count);
            if (!isTaken(number))
            {
                return number;
            }
        }

        return null;
    }

    /// <inheritdoc />
    public override string ToString() => FormattableString.Invariant($"{First}-{Last}");
}
