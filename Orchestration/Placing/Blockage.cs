namespace SwarmOrleans.Orchestration;

/// <summary>
/// Why the tasks of one group cannot be placed: for each node the first filter that it fails (SCH-13). Kept current node by node, so that a
/// change of one costs the waiting groups that one look.
/// </summary>
internal sealed class Blockage(PlacementGroup group, IReadOnlyList<NodeLoad?> nodes, ChangeLog log, VolumeSet volumes)
{
    private const byte Passes = 254;
    private const byte NoNode = 255;

    private readonly int[] _failed = new int[group.Filters.Length];
    private byte[] _verdicts = [];
    private int _passing;
    private bool _isChanged = true;
    private long _synced = -1;
    private long _volumesSynced;

    /// <summary>SwarmKit's text for the state at the last <see cref="Sync"/>; another object when it is another text.</summary>
    public string Text { get; private set; } = "";

    /// <summary>Takes in what changed; true when some node would take a task now.</summary>
    public bool Sync()
    {
        if (_synced < 0 || !log.Reaches(_synced) || (group.VolumeMounts is not null && _volumesSynced != volumes.Version))
        {
            for (var node = 0; node < nodes.Count; node++)
            {
                Look(node);
            }
        }
        else
        {
            for (var at = _synced; at < log.End; at++)
            {
                Look(log[at]);
            }
        }

        (_synced, _volumesSynced) = (log.End, volumes.Version);
        if (_isChanged)
        {
            _isChanged = false;
            var text = TextOf(group.Filters, _failed);
            Text = text == Text ? Text : text;
        }

        return _passing > 0;
    }

    /// <summary>SwarmKit's text, the most frequent reason first.</summary>
    /// <param name="filters">The filters.</param>
    /// <param name="failed">For each, how many nodes fail it first.</param>
    public static string TextOf(PlacementFilter[] filters, int[] failed)
    {
        var reasons = filters.Zip(failed)
            .Where(f => f.Second > 0).OrderByDescending(f => f.Second)
            .Select(f => f.First.Count(f.Second));
        var text = string.Join("; ", reasons);
        return text.Length == 0 ? "no suitable node" : $"no suitable node ({text})";
    }

    private void Look(int node)
    {
        if (node >= _verdicts.Length)
        {
            var old = _verdicts.Length;
            Array.Resize(ref _verdicts, Math.Max(nodes.Count, node + 1));
            Array.Fill(_verdicts, NoNode, old, _verdicts.Length - old);
        }

        var verdict = VerdictOn(nodes[node]);
        if (verdict == _verdicts[node])
        {
            return;
        }

        Count(_verdicts[node], -1);
        Count(verdict, 1);
        _verdicts[node] = verdict;
        _isChanged = true;
    }

    private void Count(byte verdict, int difference)
    {
        if (verdict == Passes)
        {
            _passing += difference;
        }
        else if (verdict != NoNode)
        {
            _failed[verdict] += difference;
        }
    }

    private byte VerdictOn(NodeLoad? node)
    {
        if (node?.Node is null)
        {
            return NoNode;
        }

        for (var i = 0; i < group.Filters.Length; i++)
        {
            if (!group.Filters[i].Passes(node))
            {
                return (byte)i;
            }
        }

        return Passes;
    }
}
