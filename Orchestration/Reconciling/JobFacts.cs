using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>Where one slot of a job is.</summary>
internal enum JobSlotState
{
    /// <summary>Nobody is at it.</summary>
    Free,

    /// <summary>A task is to run to its end.</summary>
    Running,

    /// <summary>A task has succeeded.</summary>
    Complete,

    /// <summary>It failed as often as the restart policy allows.</summary>
    GivenUp,
}

/// <summary>Questions about a job's tasks.</summary>
internal static class JobFacts
{
    /// <summary>The task belongs to the job's present iteration; tasks of other services always do.</summary>
    public static bool IsCurrent(Workspace work, SwarmTask task) =>
        !work.Service.IsJob() || (task.JobIteration?.Index ?? 0) == work.Service.Iteration();

    /// <summary>What became of a slot in this iteration. A slot that was given up stays so (SwarmKit makes it again at the next event: JOB-3).</summary>
    public static JobSlotState StateOf(Workspace work, SlotKey key)
    {
        var tasks = Array.FindAll(work.InSlot(key), t => IsCurrent(work, t));
        if (Array.Find(tasks, t => t.Observed() == TaskState.Complete) is { } done)
        {
            work.Keep(done);
            StopOthers(work, tasks);
            return JobSlotState.Complete;
        }

        if (Array.Exists(tasks, t => t.IsWanted()))
        {
            return JobSlotState.Running;
        }

        // Only failures of its own give a slot up: not that its node went away.
        if (SlotView.Newest(tasks) is { DesiredState: < TaskState.Remove } newest && newest.HasFailed() && !RestartStep.IsDue(work, newest))
        {
            work.Keep(newest);
            return JobSlotState.GivenUp;
        }

        return JobSlotState.Free;
    }

    /// <summary>Tasks of earlier iterations go.</summary>
    /// <param name="work">The decision.</param>
    /// <param name="keepsHistory">Those that have ended stay, as history.</param>
    public static void RetireOthers(Workspace work, bool keepsHistory)
    {
        foreach (var task in work.Tasks)
        {
            if (!IsCurrent(work, task) && !(keepsHistory && task.HasEnded()))
            {
                work.SetDesired(task, TaskState.Remove);
            }
        }
    }

    // A node that came back may have finished what was begun again elsewhere.
    private static void StopOthers(Workspace work, SwarmTask[] tasks)
    {
        foreach (var task in tasks)
        {
            if (task.Observed() != TaskState.Complete)
            {
                work.SetDesired(task, TaskState.Shutdown);
            }
        }
    }
}
