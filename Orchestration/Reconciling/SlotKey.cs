using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>The place that successive tasks of a service fill: a slot number, or a node for services with one task per node (TM-7).</summary>
internal readonly record struct SlotKey(ulong Slot, string NodeId) : IComparable<SlotKey>
{
    public static SlotKey Of(SwarmTask task, bool isPerNode) => isPerNode ? OnNode(task.NodeId) : Numbered(task.Slot);

    public static SlotKey Numbered(ulong slot) => new(slot, "");

    public static SlotKey OnNode(string nodeId) => new(0, nodeId);

    public int CompareTo(SlotKey other) =>
        Slot.CompareTo(other.Slot) is var order && order != 0 ? order : string.CompareOrdinal(NodeId, other.NodeId);
}
