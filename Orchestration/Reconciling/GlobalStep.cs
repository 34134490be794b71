using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>
/// Keeps one task on every fitting node (GLO-1 to GLO-8). A node that joins, returns or changes goes through the same decision as everything else, so that
/// its task obeys the update's parallelism too (SwarmKit passes it by: GLO-4).
/// </summary>
internal static class GlobalStep
{
    public static void Run(Workspace work)
    {
        NodeTasks.RemoveOfGoneNodes(work);
        var fit = new NodeFit(work.Service.Spec.Task);
        foreach (var task in work.Tasks)
        {
            // A paused node keeps what runs on it, but gets nothing in its place (GLO-6).
            var node = work.NodeOf(task);
            if (task.IsWanted() && (TaskFacts.IsInvalid(node) || !fit.Suits(node!) || (!TaskFacts.IsOpen(node) && task.HasEnded())))
            {
                work.SetDesired(task, TaskState.Shutdown);
            }
        }

        RestartStep.Run(work);
        OverlapStep.Run(work);
        var open = NodeTasks.OpenNodes(work);
        var slots = SlotView.Of(work).FindAll(s => open.Contains(s.Key));
        UpdateStep.Run(work, slots);
        foreach (var key in open.Except(slots.Select(s => s.Key)))
        {
            StartStep.Create(work, key);
        }
    }
}
