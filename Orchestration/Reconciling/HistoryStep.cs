using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>
/// Deletes task objects that nobody needs any more (REA-2 to REA-5). Restart attempts are stored apart, so that the limit is the operator's alone (REA-4),
/// and jobs' history is trimmed too (REA-6).
/// </summary>
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

        Trim(work);
        RestartStep.ForgetEmptySlots(work);
    }

    private static void Trim(Workspace work)
    {
        var limit = work.Cluster?.Spec?.Orchestration?.TaskHistoryRetentionLimit ?? DefaultLimit;
        if (limit < 0)
        {
            return;
        }

        foreach (var slot in work.Slots)
        {
            Trim(work, work.InSlot(slot), limit);
        }
    }

    private static void Trim(Workspace work, SwarmTask[] tasks, long limit)
    {
        var excess = tasks.Length - limit;
        if (excess <= 0)
        {
            return;
        }

        foreach (var task in tasks.InTime())
        {
            // One that failed early and waits for its own delay holds its slot until then: without it the slot would be filled at once.
            if (excess > 0 && task.IsSpent() && !work.IsKept(task) && work.Starts.Find(task.Id) is null)
            {
                work.Remove(task);
                excess--;
            }
        }
    }
}
