using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Control;

/// <summary>What a field that a spec does not give means, for clients that want to see it (API-23).</summary>
internal static class ServiceDefaults
{
    private static readonly Duration StopGrace = Duration.FromTimeSpan(TimeSpan.FromSeconds(10));
    private static readonly Duration RestartDelay = Duration.FromTimeSpan(TimeSpan.FromSeconds(5));
    private static readonly Duration Monitor = Duration.FromTimeSpan(TimeSpan.FromSeconds(5));

    /// <summary>A copy of the service with every default filled in.</summary>
    public static Service Fill(Service service)
    {
        var filled = service.Clone();
        var spec = filled.Spec;
        Fill(spec.Task ??= new TaskSpec());
        spec.Update = Fill(spec.Update);
        spec.Rollback = Fill(spec.Rollback);
        return filled;
    }

    private static void Fill(TaskSpec task)
    {
        if (task.Container is { } container)
        {
            container.StopGracePeriod ??= StopGrace.Clone();
            container.PullOptions ??= new ContainerSpec.Types.PullOptions();
            container.DnsConfig ??= new ContainerSpec.Types.DNSConfig();
        }

        task.Resources ??= new ResourceRequirements();
        task.Resources.Limits ??= new Resources();
        task.Resources.Reservations ??= new Resources();
        task.Placement ??= new Placement();
        task.Restart ??= new RestartPolicy { Condition = RestartPolicy.Types.RestartCondition.Any };
        task.Restart.Delay ??= RestartDelay.Clone();
    }

    private static UpdateConfig Fill(UpdateConfig? update)
    {
        update ??= new UpdateConfig { Parallelism = 1 };
        update.Monitor ??= Monitor.Clone();
        return update;
    }
}
