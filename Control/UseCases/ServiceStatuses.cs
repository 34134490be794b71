using SwarmOrleans.Contracts;

namespace SwarmOrleans.Control;

/// <summary>Counts a service's tasks (API-25). Pure; costs what the service has of tasks.</summary>
internal static class ServiceStatuses
{
    public static ListServiceStatusesResponse.Types.ServiceStatus Of(string id, Service? service, IReadOnlyCollection<SwarmTask> tasks)
    {
        var status = new ListServiceStatusesResponse.Types.ServiceStatus { ServiceId = id };
        var isJob = service is not null && Services.IsJob(service.Spec);
        var isGlobal = service?.Spec.ModeCase is ServiceSpec.ModeOneofCase.Global or ServiceSpec.ModeOneofCase.GlobalJob;
        var iteration = service?.JobStatus?.JobIteration?.Index ?? 0;
        foreach (var task in tasks)
        {
            if (isJob && (task.JobIteration?.Index ?? 0) != iteration)
            {
                continue;
            }

            var state = task.Status?.State ?? TaskState.New;
            status.RunningTasks += state == TaskState.Running ? 1u : 0;
            status.CompletedTasks += isJob && state == TaskState.Complete ? 1u : 0;
            if (isGlobal)
            {
                var isWanted = task.DesiredState == TaskState.Running || (isJob && task.DesiredState == TaskState.Complete && state != TaskState.Complete);
                status.DesiredTasks += isWanted ? 1u : 0;
            }
        }

        status.DesiredTasks += service?.Spec.ModeCase switch
        {
            _ when service is { PendingDelete: true } => 0,
            ServiceSpec.ModeOneofCase.Replicated => service.Spec.Replicated.Replicas,
            ServiceSpec.ModeOneofCase.ReplicatedJob => service.Spec.ReplicatedJob.MaxConcurrent,
            _ => 0,
        };
        return status;
    }
}
