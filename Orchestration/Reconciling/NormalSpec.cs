using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>
/// Specs with their defaults written out, so that a client which fills them in restarts nothing (DIR-7, API-23): an absent message and an empty one
/// mean the same, an absent value and its default too.
/// </summary>
internal static class NormalSpec
{
    private static readonly Duration StopGrace = Duration.FromTimeSpan(TaskFacts.DefaultStopGrace);
    private static readonly Duration RestartDelay = Duration.FromTimeSpan(RestartStep.DefaultDelay);

    public static TaskSpec Of(TaskSpec? spec)
    {
        var normal = spec?.Clone() ?? new TaskSpec();
        if (normal.Container is { } container)
        {
            container.StopGracePeriod ??= StopGrace;
            container.PullOptions ??= new ContainerSpec.Types.PullOptions();
            container.DnsConfig ??= new ContainerSpec.Types.DNSConfig();
        }

        normal.Resources ??= new ResourceRequirements();
        normal.Resources.Limits ??= new Resources();
        normal.Resources.Reservations ??= new Resources();
        normal.Placement ??= new Placement();
        normal.Restart ??= new RestartPolicy { Condition = RestartPolicy.Types.RestartCondition.Any };
        normal.Restart.Delay ??= RestartDelay;
        return normal;
    }

    public static bool Equal(TaskSpec? a, TaskSpec? b) => Equals(a, b) || Of(a).Equals(Of(b));

    public static bool Equal(EndpointSpec? a, EndpointSpec? b) => (a ?? new EndpointSpec()).Equals(b ?? new EndpointSpec());
}
