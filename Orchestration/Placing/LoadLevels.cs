namespace SwarmOrleans.Orchestration;

/// <summary>
/// Nodes in the order of their level, those of one level in the order in which they came to it. A node moves to another level in constant
/// time. The links are kept by the <see cref="NodePool"/>, for all its leaves in the same arrays.
/// </summary>
internal sealed class LoadLevels
{
    public const int None = -1;

    private int[] _heads = [];
    private int[] _tails = [];
    private int _lowest;

    /// <summary>Appends a node to its level.</summary>
    public void Link(int node, int level, NodeLinks links)
    {
        if (level >= _heads.Length)
        {
            Grow(level + 1);
        }

        links.Next[node] = None;
        links.Previous[node] = _tails[level];
        if (_tails[level] == None)
        {
            _heads[level] = node;
        }
        else
        {
            links.Next[_tails[level]] = node;
        }

        _tails[level] = node;
        links.Level[node] = level;
        _lowest = Math.Min(_lowest, level);
    }

    /// <summary>Takes a node out.</summary>
    public void Unlink(int node, NodeLinks links)
    {
        var (previous, next, level) = (links.Previous[node], links.Next[node], links.Level[node]);
        if (previous == None)
        {
            _heads[level] = next;
        }
        else
        {
            links.Next[previous] = next;
        }

        if (next == None)
        {
            _tails[level] = previous;
        }
        else
        {
            links.Previous[next] = previous;
        }

        links.Level[node] = None;
    }

    /// <summary>The first node of the lowest level, or <see cref="None"/>.</summary>
    public int First()
    {
        while (_lowest < _heads.Length && _heads[_lowest] == None)
        {
            _lowest++;
        }

        return _lowest < _heads.Length ? _heads[_lowest] : None;
    }

    /// <summary>The node after this one, or <see cref="None"/>.</summary>
    public int After(int node, NodeLinks links)
    {
        if (links.Next[node] is var next && next != None)
        {
            return next;
        }

        for (var level = links.Level[node] + 1; level < _heads.Length; level++)
        {
            if (_heads[level] != None)
            {
                return _heads[level];
            }
        }

        return None;
    }

    private void Grow(int levels)
    {
        var size = Math.Max(levels, Math.Max(8, _heads.Length * 2));
        var old = _heads.Length;
        Array.Resize(ref _heads, size);
        Array.Resize(ref _tails, size);
        Array.Fill(_heads, None, old, size - old);
        Array.Fill(_tails, None, old, size - old);
    }
}

/// <summary>For each node its neighbours, its level (<see cref="LoadLevels.None"/> when it is in no list) and its leaf.</summary>
internal sealed class NodeLinks
{
    public int[] Next = [];
    public int[] Previous = [];
    public int[] Level = [];
    public int[] Leaf = [];

    /// <summary>Makes room for the node.</summary>
    public void Ensure(int node)
    {
        var old = Next.Length;
        if (node < old)
        {
            return;
        }

        var size = Math.Max(node + 1, Math.Max(16, old * 2));
        Array.Resize(ref Next, size);
        Array.Resize(ref Previous, size);
        Array.Resize(ref Level, size);
        Array.Resize(ref Leaf, size);
        Array.Fill(Level, LoadLevels.None, old, size - old);
        Array.Fill(Leaf, LoadLevels.None, old, size - old);
    }
}
