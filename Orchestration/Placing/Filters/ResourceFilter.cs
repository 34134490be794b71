using System.Globalization;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>Free CPU, memory and generic resources cover the reservations (GEN-2).</summary>
internal sealed class ResourceFilter(Resources reserved)
    : PlacementFilter(PlacementRule.Resources, "insufficient resources on 1 node", "insufficient resources on {0} nodes")
{
    private const string CpuName = "cpu";
    private const string MemoryName = "memory";

    private readonly bool _hasGeneric = reserved.Generic.Count > 0;
    private readonly long _cpu = reserved.NanoCpus;
    private readonly long _memory = reserved.MemoryBytes;

    public static ResourceFilter? For(SwarmTask task) =>
        task.Spec?.Resources?.Reservations is { } reserved && (reserved.NanoCpus != 0 || reserved.MemoryBytes != 0 || reserved.Generic.Count > 0)
            ? new ResourceFilter(reserved)
            : null;

    public override string Asks => string.Join(", ", Asked().Where(a => a.Amount > 0).Select(a => Amount(a.Resource, a.Amount)));

    public override bool Passes(NodeLoad node) =>
        node.FreeCpu >= _cpu && node.FreeMemory >= _memory && (!_hasGeneric || HasGeneric(node));

    public override string Describe(NodeLoad node) => string.Join("; ", Shortages(node).Select(Spell).DefaultIfEmpty("it has no such generic resources"));

    /// <summary>What is asked for and not free.</summary>
    public IEnumerable<Shortage> Shortages(NodeLoad node) => Asked().Select(a => new Shortage
    {
        Resource = a.Resource,
        Asked = a.Amount,
        Free = a.Resource switch
        {
            CpuName => node.FreeCpu,
            MemoryName => node.FreeMemory,
            _ => a.IsNamed ? 0 : GenericResources.Amount(node.FreeGeneric, a.Resource),
        },
    }).Where(s => s.Free < s.Asked);

    // Two entries may ask for the same kind. What is reserved by name cannot be scheduled: there is none of it.
    private IEnumerable<(string Resource, long Amount, bool IsNamed)> Asked() =>
    [
        (CpuName, _cpu, false),
        (MemoryName, _memory, false),
        .. reserved.Generic.GroupBy(g => (Kind: GenericResources.KindOf(g), IsNamed: g.DiscreteResourceSpec is null))
            .Select(g => (g.Key.Kind, g.Sum(r => r.DiscreteResourceSpec?.Value ?? 1), g.Key.IsNamed)),
    ];

    private static string Spell(Shortage shortage) => string.Create(
        CultureInfo.InvariantCulture, $"{Amount(shortage.Resource, shortage.Asked)} are reserved, {Number(shortage)} are free");

    private static string Amount(string resource, long amount) => resource switch
    {
        CpuName => string.Create(CultureInfo.InvariantCulture, $"{amount / 1e9} CPUs"),
        MemoryName => string.Create(CultureInfo.InvariantCulture, $"{amount} bytes of memory"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{amount} of {resource}"),
    };

    private static double Number(Shortage shortage) => shortage.Resource == CpuName ? shortage.Free / 1e9 : shortage.Free;

    private bool HasGeneric(NodeLoad node) => reserved.Generic.Count == 1
        ? GenericResources.HasEnough(node.FreeGeneric, reserved.Generic[0])
        : GenericResources.Claim([.. node.FreeGeneric], reserved.Generic) is not null;
}
