using SwarmOrleans.Contracts;

namespace SwarmOrleans.Tests.Unit.Store;

internal static class Services
{
    public static Service Named(string name, string? id = null) => new()
    {
        Id = id ?? $"id-{name}",
        Spec = new ServiceSpec
        {
            Annotations = new Annotations { Name = name },
            Task = new TaskSpec { Container = new ContainerSpec { Image = "redis:3.0.5" } },
        },
    };

    public static SwarmTask TaskOf(string serviceId, string id, ulong slot) => new()
    {
        Id = id,
        ServiceId = serviceId,
        Slot = slot,
        Spec = new TaskSpec { Container = new ContainerSpec { Image = "redis:3.0.5" } },
        Status = new SwarmTaskStatus { State = TaskState.New },
        DesiredState = TaskState.Running,
    };
}
