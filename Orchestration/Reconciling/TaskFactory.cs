using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>Makes tasks of a service (NT-1).</summary>
internal static class TaskFactory
{
    public static SwarmTask Create(Service service, Cluster? cluster, ulong slot, TaskState desired, string id, Timestamp now) => new()
    {
        Id = id,
        ServiceId = service.Id,
        ServiceAnnotations = service.Spec.Annotations,
        Spec = service.Spec.Task,
        SpecVersion = service.SpecVersion,
        Slot = slot,
        Status = new SwarmTaskStatus { State = TaskState.New, Timestamp = now, Message = "created" },
        Endpoint = service.Spec.Endpoint is null ? null : new Endpoint { Spec = service.Spec.Endpoint },
        DesiredState = desired,
        LogDriver = service.Spec.Task.LogDriver ?? cluster?.Spec?.TaskDefaults?.LogDriver,
    };
}
