using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>Copies of tasks.</summary>
internal static class TaskCopy
{
    /// <summary>A task of its own that shares with <paramref name="task"/> its messages: for replacing whole fields only.</summary>
    public static SwarmTask Of(SwarmTask task)
    {
        var copy = new SwarmTask
        {
            Id = task.Id,
            Meta = task.Meta,
            Spec = task.Spec,
            SpecVersion = task.SpecVersion,
            ServiceId = task.ServiceId,
            Slot = task.Slot,
            NodeId = task.NodeId,
            Annotations = task.Annotations,
            ServiceAnnotations = task.ServiceAnnotations,
            Status = task.Status,
            DesiredState = task.DesiredState,
            Endpoint = task.Endpoint,
            LogDriver = task.LogDriver,
            JobIteration = task.JobIteration,
        };
        copy.Networks.AddRange(task.Networks);
        copy.AssignedGenericResources.AddRange(task.AssignedGenericResources);
        copy.Volumes.AddRange(task.Volumes);
        return copy;
    }
}
