using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>Whether a volume can be reached from a node (SCH-30).</summary>
public static class VolumeTopology
{
    /// <summary>
    /// True when either side says nothing, or when all segments of some accessible topology are the node's; the node may have more.
    /// </summary>
    /// <param name="node">Where the driver says the node is; null when it says nothing.</param>
    /// <param name="accessible">From where the volume can be reached.</param>
    public static bool Includes(Topology? node, IReadOnlyCollection<Topology> accessible)
    {
        ArgumentNullException.ThrowIfNull(accessible);
        return node is null || node.Segments.Count == 0 || accessible.Count == 0
            || accessible.Any(t => t.Segments.All(s => node.Segments.TryGetValue(s.Key, out var value) && value == s.Value));
    }
}
