using System.Numerics;

namespace SwarmOrleans.Orchestration;

/// <summary>Keys at fixed positions, with the smallest of any range found, and any key changed, in logarithmic time.</summary>
internal sealed class MinTree
{
    /// <summary>Key of a position that is never found.</summary>
    public const long Absent = long.MaxValue;

    // Position p is at _size + p; the node above two others, at i, holds the smaller of 2i and 2i + 1.
    private long[] _keys = [];
    private int _size;

    /// <summary>All positions are <see cref="Absent"/>.</summary>
    public MinTree(int positions) => Reset(positions);

    /// <summary>Begins anew with so many positions, all <see cref="Absent"/>.</summary>
    public void Reset(int positions)
    {
        _size = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(1, positions));
        if (_keys.Length < 2 * _size)
        {
            _keys = new long[2 * _size];
        }

        Array.Fill(_keys, Absent);
    }

    /// <summary>The key at a position.</summary>
    public long this[int position] => _keys[_size + position];

    /// <summary>The smallest key.</summary>
    public long Min => _keys[1];

    /// <summary>Sets a key.</summary>
    public void Set(int position, long key)
    {
        var at = _size + position;
        _keys[at] = key;
        for (at >>= 1; at > 0; at >>= 1)
        {
            var min = Math.Min(_keys[2 * at], _keys[(2 * at) + 1]);
            if (_keys[at] == min)
            {
                return;
            }

            _keys[at] = min;
        }
    }

    /// <summary>Sets a key that is not found before <see cref="Build"/>.</summary>
    public void Prepare(int position, long key) => _keys[_size + position] = key;

    /// <summary>Makes all prepared keys found.</summary>
    public void Build()
    {
        for (var at = _size - 1; at > 0; at--)
        {
            _keys[at] = Math.Min(_keys[2 * at], _keys[(2 * at) + 1]);
        }
    }

    /// <summary>The first position with the smallest key; -1 when all are absent.</summary>
    public int First() => _keys[1] == Absent ? -1 : Descend(1);

    /// <summary>The position with the smallest key from <paramref name="from"/> up to, but not, <paramref name="to"/>; -1 when all are absent.</summary>
    public int First(int from, int to)
    {
        var best = 0;
        var min = Absent;
        for (int low = _size + from, high = _size + to; low < high; low >>= 1, high >>= 1)
        {
            if ((low & 1) == 1)
            {
                Consider(low++);
            }

            if ((high & 1) == 1)
            {
                Consider(--high);
            }
        }

        return min == Absent ? -1 : Descend(best);

        void Consider(int at)
        {
            if (_keys[at] < min)
            {
                (min, best) = (_keys[at], at);
            }
        }
    }

    private int Descend(int at)
    {
        while (at < _size)
        {
            at = _keys[2 * at] == _keys[at] ? 2 * at : (2 * at) + 1;
        }

        return at - _size;
    }
}
