using System.Globalization;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>Free CPU, memory and generic resources cover the reservations (GEN-2).</summary>
internal sealed class ResourceFilter(Resources reserved)
    : PlacementFilter(PlacementRule.Resources, "insufficient resources on 1 node", "insufficient resources on {0} nodes")
{
    private readonly bool _hasGeneric = reserved.Generic.Count > 0;
    private readonly long _cpu = reserved.NanoCpus;
    private readonly long _memory = reserved.MemoryBytes;

    public static ResourceFilter? For(SwarmTask task) =>
        task.Spec?.Resources?.Reservations is { } reserved && (reserved.NanoCpus != 0 || reserved.MemoryBytes != 0 || reserved.Generic.Count > 0)
            ? new ResourceFilter(reserved)
            : null;

    public override bool Passes(NodeLoad node) =>
        node.FreeCpu >= _cpu && node.FreeMemory >= _memory && (!_hasGeneric || HasGeneric(node));

    public override string Describe(NodeLoad node)
    {
        var lacking = new List<string>();
        if (node.FreeCpu < _cpu)
        {
            lacking.Add(string.Create(CultureInfo.InvariantCulture, $"{_cpu / 1e9} CPUs are reserved, {node.FreeCpu / 1e9} are free"));
        }

        if (node.FreeMemory < _memory)
        {
            lacking.Add(string.Create(CultureInfo.InvariantCulture, $"{_memory} bytes of memory are reserved, {node.FreeMemory} are free"));
        }

        lacking.AddRange(reserved.Generic.Where(wanted => !GenericResources.HasEnough(node.FreeGeneric, wanted)).Select(wanted => Lack(wanted, node)));
        return string.Join("; ", lacking);
    }

    private static string Lack(GenericResource wanted, NodeLoad node)
    {
        if (wanted.DiscreteResourceSpec is not { } discrete)
        {
            return $"{wanted.NamedResourceSpec?.Kind} is reserved by name, which cannot be scheduled";
        }

        var free = GenericResources.Amount(node.FreeGeneric, discrete.Kind);
        return string.Create(CultureInfo.InvariantCulture, $"{discrete.Value} of {discrete.Kind} are reserved, {free} are free");
    }

    // Two entries may ask for the same kind.
    private bool HasGeneric(NodeLoad node) => reserved.Generic.Count == 1
        ? GenericResources.HasEnough(node.FreeGeneric, reserved.Generic[0])
        : GenericResources.Claim([.. node.FreeGeneric], reserved.Generic) is not null;
}
