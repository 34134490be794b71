using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>
/// Decides what one service's tasks should be. Level-triggered: it looks at the whole state, not at what happened, and a decision applied and decided
/// again is empty. What a restarted manager has to repair (INI-1 to INI-4) is therefore nothing apart.
/// </summary>
public static class ServiceReconciler
{
    /// <summary>The next step towards what the service's spec says.</summary>
    public static ServiceDecision Reconcile(ServiceInput input)
    {
        ArgumentNullException.ThrowIfNull(input);
        var work = new Workspace(input);
        if (input.Service is null or { PendingDelete: true })
        {
            return RemovalStep.Run(work, input.Service);
        }

        RevisionStep.Run(work);
        switch (input.Service.Spec.ModeCase)
        {
            case ServiceSpec.ModeOneofCase.Replicated:
                Replicated(work);
                break;
            case ServiceSpec.ModeOneofCase.Global:
                GlobalStep.Run(work);
                break;
            case ServiceSpec.ModeOneofCase.ReplicatedJob:
                ReplicatedJobStep.Run(work);
                break;
            case ServiceSpec.ModeOneofCase.GlobalJob:
                GlobalJobStep.Run(work);
                break;
        }

        StartStep.Run(work);
        HistoryStep.Run(work);
        return work.Finish();
    }

    private static void Replicated(Workspace work)
    {
        RestartStep.Run(work);
        OverlapStep.Run(work);
        var slots = ScaleStep.Run(work, SlotView.Of(work));
        var version = work.SpecVersion;
        UpdateStep.Run(work, slots);
        if (DrainStep.Run(work, slots) && work.SpecVersion == version)
        {
            // What was moved runs the present spec elsewhere: the update has that much less to do. A spec that was just put back begins its own turn.
            UpdateStep.Run(work, SlotView.Of(work));
        }

        ScaleStep.ScaleUp(work, slots);
        RebalanceStep.Run(work);
    }
}
