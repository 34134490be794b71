using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>Deletes task objects that nobody needs any more (REA-2 to REA-5).</summary>
internal static class HistoryStep
{
    private const long DefaultLimit = 5;

    public static void Run(Workspace work)
    {
        foreach (var task in work.Tasks)
        {
            if (task.DesiredState == TaskState.Remove && (task.IsReapable() || (task.NodeId.Length > 0 && work.NodeOf(task) is null)))
            {
                work.Remove(task);
            }
        }

        var limit = Limit(work);
        if (limit < 0)
        {
            return;
        }

        foreach (var slot in work.Slots.ToList())
        {
            Trim(work, work.InSlot(slot), limit);
        }
    }

    private static void Trim(Workspace work, List<SwarmTask> tasks, long limit)
    {
        var excess = tasks.Count - limit;
        if (excess <= 0)
        {
            return;
        }

        foreach (var task in tasks.OrderBy(t => t.StateTime()))
        {
            if (excess > 0 && !task.IsWanted() && (task.HasEnded() || task.Observed() < TaskState.Assigned))
            {
                work.Remove(task);
                excess--;
            }
        }
    }

    private static long Limit(Workspace work)
    {
        var attempts = work.Service.Spec.Task?.Restart?.MaxAttempts ?? 0;
        return attempts > 0 ? (long)attempts + 1 : work.Cluster?.Spec?.Orchestration?.TaskHistoryRetentionLimit ?? DefaultLimit;
    }
}
