using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>One service as the scheduler sees it: where its tasks run, and the groups that they are placed in.</summary>
/// <param name="id">Id of the service; empty for tasks without one.</param>
internal sealed class ServiceLoad(string id)
{
    private readonly List<PlacementGroup> _groups = [];

    public string Id => id;

    /// <summary>Tasks that are meant to run, by node.</summary>
    public NodeCounts Counts { get; } = new();

    /// <summary>Recent failures, if there are any.</summary>
    public FailureCounts? Failures { get; set; }

    /// <summary>The same by branch, for the preferences that were used last.</summary>
    public BranchCounts? Branches { get; set; }

    /// <summary>The order of nodes that was used last, if one was needed.</summary>
    public ServiceOrder? Order { get; set; }

    /// <summary>Nodes passed over because it runs there already, since it had an order.</summary>
    public long Skipped { get; set; }

    /// <summary>True when nothing of it needs to be remembered.</summary>
    public bool IsEmpty => _groups.Count == 0 && Failures is not { IsEmpty: false };

    /// <summary>The group of a task, made when it is the first of it.</summary>
    public PlacementGroup GroupOf(SwarmTask task, VolumeSet volumes)
    {
        foreach (var group in _groups)
        {
            if (group.Includes(task))
            {
                return group;
            }
        }

        var added = new PlacementGroup(task, this, volumes);
        _groups.Add(added);
        return added;
    }

    public void Remove(PlacementGroup group) => _groups.Remove(group);

    /// <summary>Gives its order to another service.</summary>
    public void FreeOrder()
    {
        Order?.Forget();
        Order = null;
    }

    public void Add(int node)
    {
        Counts.Increment(node);
        Branches?.Add(node, 1);
    }

    public void Subtract(int node)
    {
        Counts.Decrement(node);
        Branches?.Add(node, -1);
    }
}
