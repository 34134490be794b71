using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>How many tasks are on which network on which node (NET-7).</summary>
/// <param name="changed">Called with a node's id when it gets its first task on a network, or loses the last.</param>
internal sealed class NodeNetworks(Action<string> changed)
{
    private readonly Dictionary<string, Dictionary<string, int>> _counts = [];

    /// <summary>Networks that tasks on the node are on.</summary>
    public IReadOnlyCollection<string> Of(string nodeId) => _counts.GetValueOrDefault(nodeId)?.Keys ?? (IReadOnlyCollection<string>)[];

    /// <summary>A task is new, has changed or is gone.</summary>
    public void SetTask(SwarmTask? old, SwarmTask? now)
    {
        var (was, isNow) = (IsThere(old), IsThere(now));
        if (was == isNow && (!was || (old!.NodeId == now!.NodeId && old.Networks.Count == now.Networks.Count)))
        {
            return;
        }

        if (isNow)
        {
            Count(now!, 1);
        }

        if (was)
        {
            Count(old!, -1);
        }
    }

    private static bool IsThere(SwarmTask? task) => task is { Networks.Count: > 0, NodeId.Length: > 0 } && !task.HasEnded();

    private void Count(SwarmTask task, int by)
    {
        if (!_counts.TryGetValue(task.NodeId, out var counts))
        {
            _counts.Add(task.NodeId, counts = []);
        }

        foreach (var id in task.Networks.Select(n => n.Network?.Id ?? "").Distinct())
        {
            var count = counts.GetValueOrDefault(id) + by;
            if (count > 0)
            {
                counts[id] = count;
            }
            else
            {
                counts.Remove(id);
            }

            if (count == 0 || (count == 1 && by == 1))
            {
                changed(task.NodeId);
            }
        }

        if (counts.Count == 0)
        {
            _counts.Remove(task.NodeId);
        }
    }
}
