using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>Tasks that belong to no service, such as network attachments of single containers: no reconciler looks after them.</summary>
public static class UnownedTasks
{
    /// <summary>True when the object may go: its node is lost for good, or it was to be removed and cannot run any more (REA-1, REA-2).</summary>
    public static bool IsOver(SwarmTask task)
    {
        ArgumentNullException.ThrowIfNull(task);
        return task.ServiceId.Length == 0
            && (task.Observed() >= TaskState.Orphaned || (task.DesiredState == TaskState.Remove && task.IsReapable()));
    }
}
