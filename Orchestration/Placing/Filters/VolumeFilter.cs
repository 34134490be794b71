using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>Each cluster volume mount finds a volume that may be used on the node (SCH-28 to SCH-30).</summary>
internal sealed class VolumeFilter(VolumeSet volumes, IReadOnlyList<Mount> mounts)
    : PlacementFilter(PlacementRule.Volumes, "cannot fulfill requested CSI volume mounts on 1 node", "cannot fulfill requested CSI volume mounts on {0} nodes")
{
    public override string Asks => $"cluster volumes {string.Join(", ", mounts.Select(m => m.Source))}";

    public override bool Passes(NodeLoad node) => volumes.Choose(mounts, node) is not null;

    public override string Describe(NodeLoad node) => string.Join(
        "; ",
        mounts.Where(mount => volumes.Choose([mount], node) is null).Select(mount => $"cannot find volume to satisfy mount with source {mount.Source}")
            .DefaultIfEmpty("the mounts cannot be satisfied together"));
}
