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
    private readonly Dictionary<(string ServiceId, ulong Version), PlacementGroup> _groups = [];

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

            _loads.Add(node.Id, load = LoadOf(node));
        }

        if (!Array.TrueForAll(_filters, f => f.Passes(load)))
        {
            return false;
        }

        load.Add(group, isActive: true, load.Claim(group));
        return true;
    }

    private NodeLoad LoadOf(Node node)
    {
        var load = new NodeLoad(node.Id, 0);
        load.Set(node);
        foreach (var task in tasksOnNode(node.Id))
        {
            if (!task.HasEnded())
            {
                load.Add(GroupOf(task), task.IsWanted(), task.AssignedGenericResources);
            }
        }

        return load;
    }

    private PlacementGroup GroupOf(SwarmTask task)
    {
        var key = (task.ServiceId, task.SpecVersion?.Index ?? 0);
        if (!_groups.TryGetValue(key, out var known) || !known.Includes(task))
        {
            _groups[key] = known = new PlacementGroup(task, new ServiceLoad(task.ServiceId), new VolumeSet());
        }

        return known;
    }
}
