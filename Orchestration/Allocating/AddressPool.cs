using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>From which end of a subnet addresses are taken: two loops that take at the same time had better not want the same.</summary>
public enum AddressEnd
{
    /// <summary>Upwards: tasks.</summary>
    Low,

    /// <summary>Downwards: services and nodes.</summary>
    High,
}

/// <summary>
/// The addresses of one subnet. Taken one after the other, so that one that has become free is not given to somebody else at once (NET-4); after a start
/// the search goes on beyond the outermost address that is in use. Network, broadcast, gateway and reserved addresses are never given (NET-2).
/// </summary>
internal sealed class AddressPool
{
    private const int NoBroadcast = 31;

    private readonly AddressBits _used;
    private readonly Subnet _range;
    private readonly HashSet<uint> _reserved = [];
    private readonly long[] _cursors;

    public AddressPool(IPAMConfig config)
    {
        Subnet = Subnet.TryParse(config.Subnet) ?? throw new FormatException($"subnet {config.Subnet} is not of the form 10.1.0.0/16");
        _range = config.Range.Length > 0 ? Subnet.TryParse(config.Range) ?? Subnet : Subnet;
        _used = new AddressBits(Subnet.Size);
        if (Subnet.Prefix < NoBroadcast)
        {
            Reserve(Subnet.First);
            Reserve(Subnet.Last);
        }

        foreach (var text in config.Reserved.Values.Append(config.Gateway))
        {
            if (Subnet.TryParseAddress(text) is { } address && Subnet.Contains(address))
            {
                Reserve(address);
            }
        }

        _cursors = [_range.First - 1L, _range.Last + 1L];
    }

    public Subnet Subnet { get; }

    /// <summary>Number of addresses that can be given, in use or not.</summary>
    public long Capacity => _range.Size - _reserved.Count(_range.Contains);

    /// <summary>Number of addresses that were given.</summary>
    public long InUse => _used.Count - _reserved.Count;

    public bool IsInUse(uint address) => _used[address - Subnet.First];

    /// <summary>Takes the next free address; null when none is left.</summary>
    public uint? TakeNext(AddressEnd end)
    {
        if (Next(end) is not { } address)
        {
            return null;
        }

        _cursors[(int)end] = address;
        _used.Set(address - Subnet.First);
        return address;
    }

    /// <summary>Takes that address. False when somebody has it or nobody may.</summary>
    public bool Take(uint address) => Subnet.Contains(address) && _used.Set(address - Subnet.First);

    /// <summary>Takes an address that an object has: known already when this end gave it.</summary>
    public void Restore(uint address, AddressEnd end)
    {
        if (!Take(address) || !_range.Contains(address))
        {
            return;
        }

        ref var cursor = ref _cursors[(int)end];
        cursor = end == AddressEnd.Low ? Math.Max(cursor, address) : Math.Min(cursor, address);
    }

    /// <summary>False when it was not in use, or never is given.</summary>
    public bool Release(uint address) => Subnet.Contains(address) && !_reserved.Contains(address) && _used.Clear(address - Subnet.First);

    private uint? Next(AddressEnd end)
    {
        var (first, last) = ((long)_range.First - Subnet.First, (long)_range.Last - Subnet.First);
        var cursor = _cursors[(int)end] - Subnet.First;
        var found = end == AddressEnd.Low
            ? _used.LowestClear(cursor + 1, last) ?? _used.LowestClear(first, last)
            : _used.HighestClear(first, cursor - 1) ?? _used.HighestClear(first, last);
        return found is { } bit ? (uint)(bit + Subnet.First) : null;
    }

    private void Reserve(uint address)
    {
        if (_used.Set(address - Subnet.First))
        {
            _reserved.Add(address);
        }
    }
}
