using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>Runs one task to its end on every fitting node (JOB-7), on those that join later too.</summary>
internal static class GlobalJobStep
{
    public static void Run(Workspace work)
    {
        NodeTasks.RemoveOfGoneNodes(work);
        JobFacts.RetireOthers(work, keepsHistory: false);
        foreach (var task in work.Tasks)
        {
            var node = work.NodeOf(task);
            // A node that takes no tasks gets none in the place of one that has ended there.
            if (task.Observed() != TaskState.Complete && (TaskFacts.IsInvalid(node) || (!TaskFacts.IsOpen(node) && task.HasEnded())))
            {
                work.SetDesired(task, TaskState.Shutdown);
            }
        }

        RestartStep.Run(work);
        var open = NodeTasks.OpenNodes(work);
        foreach (var key in work.Slots.Union(open).ToList())
        {
            if (JobFacts.StateOf(work, key) == JobSlotState.Free && open.Contains(key))
            {
                StartStep.Create(work, key);
            }
        }
    }
}
