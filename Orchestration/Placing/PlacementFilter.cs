using SwarmOrleans.Contracts;
using SwarmOrleans.Contracts.Constraints;

namespace SwarmOrleans.Orchestration;

/// <summary>Which nodes can run tasks of one version of a service, and how many fail each filter (section 16.2).</summary>
internal sealed class PlacementFilter
{
    private readonly (Func<NodeLoad, bool> Passes, string One, string Many)[] _filters;
    private readonly int[] _failed;

    public PlacementFilter(SwarmTask task)
    {
        var (cpu, memory) = (task.Spec?.Resources?.Reservations?.NanoCpus ?? 0, task.Spec?.Resources?.Reservations?.MemoryBytes ?? 0);
        var filters = new List<(Func<NodeLoad, bool>, string, string)>
        {
            (n => n.IsReady, "1 node not available for new tasks", "{0} nodes not available for new tasks"),
        };
        if (cpu > 0 || memory > 0)
        {
            filters.Add((n => n.FreeCpu >= cpu && n.FreeMemory >= memory, "insufficient resources on 1 node", "insufficient resources on {0} nodes"));
        }

        var constraints = ConstraintSet.Of(task.Spec);
        if (!constraints.IsEmpty)
        {
            filters.Add((
                n => constraints.Matches(n.Node), "scheduling constraints not satisfied on 1 node", "scheduling constraints not satisfied on {0} nodes"));
        }

        if (task.Spec?.Placement is { Platforms.Count: > 0 } placement)
        {
            filters.Add((n => HasPlatform(n.Node, placement.Platforms), "unsupported platform on 1 node", "unsupported platform on {0} nodes"));
        }

        var max = task.Spec?.Placement?.MaxReplicas ?? 0;
        if (max > 0)
        {
            const string Text = "max replicas per node limit exceed";
            filters.Add((n => (ulong)n.TasksOf(task.ServiceId) < max, Text, Text));
        }

        _filters = [.. filters];
        _failed = new int[_filters.Length];
    }

    /// <summary>True when the node passes every filter; the first that it fails counts (SCH-13).</summary>
    public bool Passes(NodeLoad node)
    {
        for (var i = 0; i < _filters.Length; i++)
        {
            if (!_filters[i].Passes(node))
            {
                _failed[i]++;
                return false;
            }
        }

        return true;
    }

    /// <summary>Forgets what was counted.</summary>
    public void Reset() => Array.Clear(_failed);

    /// <summary>Why no node is suitable, most frequent reason first.</summary>
    public string Explain()
    {
        var reasons = _filters.Zip(_failed)
            .Where(f => f.Second > 0).OrderByDescending(f => f.Second)
            .Select(f => string.Format(System.Globalization.CultureInfo.InvariantCulture, f.Second == 1 ? f.First.One : f.First.Many, f.Second));
        var text = string.Join("; ", reasons);
        return text.Length == 0 ? "no suitable node" : $"no suitable node ({text})";
    }

    private static bool HasPlatform(Node node, IEnumerable<Platform> platforms)
    {
        var actual = node.Description?.Platform;
        return actual is not null && platforms.Any(p =>
            (p.Os.Length == 0 || p.Os.Equals(actual.Os, StringComparison.OrdinalIgnoreCase))
            && (p.Architecture.Length == 0 || Normal(p.Architecture) == Normal(actual.Architecture)));
    }

    private static string Normal(string architecture) => architecture.ToLowerInvariant() switch
    {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        var other => other,
    };
}
