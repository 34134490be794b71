using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>
/// Whether nodes have the resources and host ports free for more tasks of one group. What runs on a node is looked at when the node is asked about first, and
/// only so many nodes are looked at, so that no plan looks at all tasks of a large, full swarm.
/// </summary>
internal sealed class NodeRoom(PlacementGroup group, Func<string, IEnumerable<SwarmTask>> tasksOnNode)
{
    /// <summary>Most nodes that one plan looks into.</summary>
    public const int MaxNodes = 256;

    private readonly PlacementFilter[] _filters =
        Array.FindAll(group.LoadFilters, f => f.Rule is PlacementRule.Resources or PlacementRule.HostPorts);

    private readonly Dictionary<string, NodeLoad> _loads = [];
    private readonly NodeLoadReader _reader = new(tasksOnNode);

    /// <summary>Takes room for one more task; false when there is none, or too many nodes were looked into.</summary>
    public bool TryTake(Node node)
    {
        if (_filters.Length == 0)
        {
            return true;
        }

        if (!_loads.TryGetValue(node.Id, out var load))
        {
            if (_loads.Count == MaxNodes)
            {
                return false;
            }

            _loads.Add(node.Id, load = _reader.Read(node, 0, t => !t.HasEnded()));
        }

        if (!Array.TrueForAll(_filters, f => f.Passes(load)))
        {
            return false;
        }

        load.Add(group, isActive: true, load.Claim(group));
        return true;
    }
}
