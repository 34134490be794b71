using System.Numerics;

namespace SwarmOrleans.Orchestration;

/// <summary>How many tasks of one service run on each node: a hash table of eight bytes an entry, since a swarm has a million of them.</summary>
internal sealed class NodeCounts
{
    private const int MinCapacity = 4;
    private const uint Spread = 0x9E3779B9;

    // Node + 1 in the upper half, so that 0 is a free place; the count in the lower half.
    private ulong[] _entries = [];

    /// <summary>Number of nodes with at least one task.</summary>
    public int Nodes { get; private set; }

    /// <summary>Number of tasks.</summary>
    public int Total { get; private set; }

    /// <summary>Number of tasks on a node.</summary>
    public int this[int node] => _entries.Length == 0 ? 0 : (int)(uint)_entries[Find(node)];

    /// <summary>One more on the node.</summary>
    public void Increment(int node)
    {
        if ((Nodes + 1) * 4 > _entries.Length * 3)
        {
            Grow();
        }

        var at = Find(node);
        if (_entries[at] == 0)
        {
            _entries[at] = (ulong)(node + 1) << 32;
            Nodes++;
        }

        _entries[at]++;
        Total++;
    }

    /// <summary>One less on the node, which has at least one.</summary>
    public void Decrement(int node)
    {
        var at = Find(node);
        _entries[at]--;
        Total--;
        if ((uint)_entries[at] == 0)
        {
            Nodes--;
            Remove(at);
        }
    }

    /// <summary>The nodes and their counts, in no order that matters.</summary>
    public IEnumerable<(int Node, int Count)> All()
    {
        foreach (var entry in _entries)
        {
            if (entry != 0)
            {
                yield return ((int)(entry >> 32) - 1, (int)(uint)entry);
            }
        }
    }

    private int Find(int node)
    {
        var mask = _entries.Length - 1;
        var at = Home(node);
        while (_entries[at] != 0 && (int)(_entries[at] >> 32) - 1 != node)
        {
            at = (at + 1) & mask;
        }

        return at;
    }

    private int Home(int node) => (int)((uint)node * Spread >> (32 - BitOperations.Log2((uint)_entries.Length)));

    // Moves back what had been displaced by the removed entry.
    private void Remove(int hole)
    {
        var mask = _entries.Length - 1;
        _entries[hole] = 0;
        for (var at = (hole + 1) & mask; _entries[at] != 0; at = (at + 1) & mask)
        {
            var home = Home((int)(_entries[at] >> 32) - 1);
            if (((at - home) & mask) >= ((at - hole) & mask))
            {
                _entries[hole] = _entries[at];
                _entries[at] = 0;
                hole = at;
            }
        }
    }

    private void Grow()
    {
        var old = _entries;
        _entries = new ulong[Math.Max(MinCapacity, old.Length * 2)];
        foreach (var entry in old)
        {
            if (entry != 0)
            {
                _entries[Find((int)(entry >> 32) - 1)] = entry;
            }
        }
    }
}
