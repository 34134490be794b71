using System.Globalization;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>The node runs fewer tasks of the service than may be on one node.</summary>
internal sealed class MaxReplicasFilter(ServiceLoad service, ulong max)
    : PlacementFilter(PlacementRule.MaxReplicas, Text, Text)
{
    private const string Text = "max replicas per node limit exceed";

    public static MaxReplicasFilter? For(SwarmTask task, ServiceLoad service) =>
        task.Spec?.Placement is { MaxReplicas: > 0 } placement ? new MaxReplicasFilter(service, placement.MaxReplicas) : null;

    public override string Asks => string.Create(CultureInfo.InvariantCulture, $"at most {max} tasks of the service a node");

    public override bool Passes(NodeLoad node) => (ulong)service.Counts[node.Index] < max;

    public override string Describe(NodeLoad node) =>
        string.Create(CultureInfo.InvariantCulture, $"it runs {service.Counts[node.Index]} tasks of the service, of at most {max}");
}
