using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>Counts what runs on nodes from their tasks, for those who do not keep it as the scheduler does.</summary>
/// <param name="tasksOnNode">The tasks on the node with that id.</param>
internal sealed class NodeLoadReader(Func<string, IEnumerable<SwarmTask>> tasksOnNode)
{
    private readonly Dictionary<(string ServiceId, ulong Version), PlacementGroup> _groups = [];

    /// <summary>The node with what its tasks take.</summary>
    /// <param name="node">The node.</param>
    /// <param name="index">The number that it gets.</param>
    /// <param name="counts">Tasks that count.</param>
    public NodeLoad Read(Node node, int index, Predicate<SwarmTask> counts)
    {
        var load = new NodeLoad(node.Id, index);
        load.Set(node);
        foreach (var task in tasksOnNode(node.Id))
        {
            if (counts(task))
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
