namespace SwarmOrleans.Orchestration;

/// <summary>Runs a number of tasks to their end, some at a time (JOB-3 to JOB-6).</summary>
internal static class ReplicatedJobStep
{
    public static void Run(Workspace work)
    {
        JobFacts.RetireOthers(work, keepsHistory: true);
        RestartStep.Run(work);
        var job = work.Service.Spec.ReplicatedJob;
        var used = new HashSet<ulong>();
        ulong running = 0;
        foreach (var key in work.Slots)
        {
            var state = JobFacts.StateOf(work, key);
            if (state != JobSlotState.Free)
            {
                used.Add(key.Slot);
                running += state == JobSlotState.Running ? 1ul : 0;
            }
        }

        var wanted = Math.Min(Missing(job.MaxConcurrent, running), Missing(job.TotalCompletions, (ulong)used.Count));
        for (ulong slot = 0; wanted > 0; slot++)
        {
            if (used.Add(slot))
            {
                StartStep.Create(work, SlotKey.Numbered(slot));
                wanted--;
            }
        }
    }

    private static ulong Missing(ulong wanted, ulong present) => wanted > present ? wanted - present : 0;
}
