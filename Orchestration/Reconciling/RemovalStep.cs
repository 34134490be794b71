using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>
/// Ends a removed service: its tasks stop first, and what the service holds (name, ports, virtual addresses) is free only when their agents have said so
/// (DEA-1; SwarmKit removes the object at once). Nodes that are down do not hold it up.
/// </summary>
internal static class RemovalStep
{
    public static ServiceDecision Run(Workspace work, Service? service)
    {
        var (left, unheard) = (0, 0);
        foreach (var task in work.Tasks)
        {
            work.SetDesired(task, TaskState.Remove);
            if (task.IsReapable() || (task.NodeId.Length > 0 && work.NodeOf(task) is null))
            {
                work.Remove(task);
                continue;
            }

            left++;
            unheard += TaskFacts.IsDown(work.NodeOf(task)) ? 1 : 0;
        }

        return work.Finish(isGone: left == 0, removesService: service is not null && left == unheard);
    }
}
