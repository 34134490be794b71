using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>READY and ACTIVE.</summary>
internal sealed class ReadyFilter()
    : PlacementFilter(PlacementRule.Ready, "1 node not available for new tasks", "{0} nodes not available for new tasks")
{
    public static readonly ReadyFilter Instance = new();

    public override string Asks => "a node that is READY and ACTIVE";

    public override bool Passes(NodeLoad node) => node.IsReady;

    public override string Describe(NodeLoad node) =>
        $"the node is {Word(node.Node?.Status?.State)} and its availability is {Word(node.Node?.Spec?.Availability ?? 0)}";

    private static string Word(Enum? value) => (value?.ToString() ?? "unknown").ToUpperInvariant();
}
