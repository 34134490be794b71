using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>What services with one task per node have in common.</summary>
internal static class NodeTasks
{
    /// <summary>Nodes that take a task of the service now, by id.</summary>
    public static SortedSet<SlotKey> OpenNodes(Workspace work)
    {
        var fit = new NodeFit(work.Service.Spec.Task);
        return [.. work.Nodes.Where(n => TaskFacts.IsOpen(n) && fit.Suits(n)).Select(n => SlotKey.OnNode(n.Id))];
    }

    /// <summary>Tasks of nodes that are no members any more are deleted (GLO-5).</summary>
    public static void RemoveOfGoneNodes(Workspace work)
    {
        foreach (var task in work.Tasks)
        {
            if (work.NodeOf(task) is null)
            {
                work.Remove(task);
            }
        }
    }
}
