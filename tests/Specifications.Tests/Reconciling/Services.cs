using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Tests.Specifications.Reconciling;

/// <summary>Services to begin with.</summary>
internal static class Services
{
    public static RealService Begin(Action<ServiceSpec> configure, int historyLimit, IEnumerable<NodeCondition> nodes)
    {
        var spec = new ServiceSpec
        {
            Annotations = new Annotations { Name = "web" },
            Task = new TaskSpec { Container = new ContainerSpec { Image = "v1" } },
        };
        configure(spec);
        var cluster = new Cluster { Spec = new ClusterSpec { Orchestration = new OrchestrationConfig { TaskHistoryRetentionLimit = historyLimit } } };
        return new RealService(new Service { Id = "svc", Spec = spec, SpecVersion = new ObjectVersion { Index = 1 } }, cluster, nodes);
    }

    public static Duration Units(int count) => Duration.FromTimeSpan(count * RealService.Unit);
}
