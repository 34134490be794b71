using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>
/// Decides what one replicated service's tasks should be. Level-triggered: it looks at the whole state, not at what happened, and a
/// decision applied and decided again is empty.
/// </summary>
public static class ServiceReconciler
{
    /// <summary>The next step towards what the service's spec says.</summary>
    public static ServiceDecision Reconcile(ServiceInput input)
    {
        ArgumentNullException.ThrowIfNull(input);
        var work = new Workspace(input);
        if (input.Service is null)
        {
            return RemoveAll(work);
        }

        RestartStep.Run(work);
        var slots = ScaleStep.Run(work, SlotView.Of(work));
        UpdateStep.Run(work, slots);
        ScaleStep.ScaleUp(work, slots);
        StartStep.Run(work);
        HistoryStep.Run(work);
        return work.Finish(isGone: false);
    }

    // A removed service's tasks stop first; what they hold is free only when their agents say so.
    private static ServiceDecision RemoveAll(Workspace work)
    {
        var remaining = 0;
        foreach (var task in work.Tasks)
        {
            work.SetDesired(task, TaskState.Remove);
            if (task.IsReapable() || (task.NodeId.Length > 0 && work.NodeOf(task) is null))
            {
                work.Remove(task);
            }
            else
            {
                remaining++;
            }
        }

        return work.Finish(isGone: remaining == 0);
    }
}
