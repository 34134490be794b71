using SwarmOrleans.Contracts;
using SwarmOrleans.Contracts.Constraints;

namespace SwarmOrleans.Orchestration;

/// <summary>The node's platform is one of those listed; an empty field of the request stands for any (SCH-12).</summary>
internal sealed class PlatformFilter(IReadOnlyList<Platform> platforms)
    : PlacementFilter(PlacementRule.Platform, "unsupported platform on 1 node", "unsupported platform on {0} nodes")
{
    private readonly PlatformSet _set = PlatformSet.Of(platforms);

    public override bool IsStatic => true;

    public override string Asks => string.Join(" or ", platforms.Select(Text));

    public static PlatformFilter? For(SwarmTask task) =>
        task.Spec?.Placement is { Platforms.Count: > 0 } placement ? new PlatformFilter(placement.Platforms) : null;

    public override bool Passes(NodeLoad node) => node.Node is { } known && _set.Matches(known);

    public override string Describe(NodeLoad node) =>
        $"its platform is {Text(node.Node?.Description?.Platform)}, supported are {string.Join(", ", platforms.Select(Text))}";

    private static string Text(Platform? platform) => platform is null ? "unknown" : $"{OrAny(platform.Os)}/{OrAny(platform.Architecture)}";

    private static string OrAny(string part) => part.Length == 0 ? "*" : part;
}
