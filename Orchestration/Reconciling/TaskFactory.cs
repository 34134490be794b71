using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>Makes tasks of a service (NT-1, NT-2).</summary>
internal static class TaskFactory
{
    public static SwarmTask Create(Service service, Cluster? cluster, SlotKey slot, TaskState desired, string id, Timestamp now) => new()
    {
        Id = id,
        ServiceId = service.Id,
        ServiceAnnotations = service.Spec.Annotations,
        Spec = service.Spec.Task,
        SpecVersion = service.SpecVersion,
        Slot = slot.Slot,
        NodeId = slot.NodeId,
        Status = new SwarmTaskStatus { State = TaskState.New, Timestamp = now, Message = "created" },
        Endpoint = ServicePorts.EndpointForTasks(service),
        DesiredState = desired,
        LogDriver = service.Spec.Task.LogDriver ?? cluster?.Spec?.TaskDefaults?.LogDriver,
        JobIteration = service.IsJob() ? new ObjectVersion { Index = service.Iteration() } : null,
    };
}
