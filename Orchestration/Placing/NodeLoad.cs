using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>One node as the scheduler sees it: what is free, and what runs there (SCH-3).</summary>
/// <param name="id">Id of the node.</param>
/// <param name="index">Its number among the nodes that are known now.</param>
internal sealed class NodeLoad(string id, int index)
{
    private readonly List<GenericResource> _generic = [];
    private List<GenericResource>? _assigned;
    private Dictionary<HostPort, int>? _ports;
    private long _cpu;
    private long _memory;
    private long _reservedCpu;
    private long _reservedMemory;

    public string Id => id;

    public int Index => index;

    /// <summary>The node; null while only tasks of it are known, or when it is gone.</summary>
    public Node? Node { get; private set; }

    /// <summary>READY and ACTIVE.</summary>
    public bool IsReady { get; private set; }

    /// <summary>Tasks that are meant to run.</summary>
    public int ActiveTasks { get; private set; }

    /// <summary>Tasks that take something, the stopping ones included.</summary>
    public int Tasks { get; private set; }

    public long FreeCpu => _cpu - _reservedCpu;

    public long FreeMemory => _memory - _reservedMemory;

    public IReadOnlyList<GenericResource> FreeGeneric => _generic;

    /// <summary>Which share of CPU and memory is reserved, from 0 to 1.</summary>
    public double ReservedShare => (Share(_reservedCpu, _cpu) + Share(_reservedMemory, _memory)) / 2;

    /// <summary>Failures here that are still remembered.</summary>
    public int Failures { get; set; }

    /// <summary>Pre-assigned tasks that the node cannot run as it is.</summary>
    public List<SwarmTask>? Blocked { get; set; }

    /// <summary>The node object is new or has changed, or is gone (SCH-8).</summary>
    public void Set(Node? node)
    {
        Node = node;
        IsReady = node?.Status?.State == NodeStatus.Types.State.Ready
            && (node.Spec?.Availability ?? NodeSpec.Types.Availability.Active) == NodeSpec.Types.Availability.Active;
        var resources = node?.Description?.Resources;
        (_cpu, _memory) = (resources?.NanoCpus ?? 0, resources?.MemoryBytes ?? 0);
        _generic.Clear();
        if (resources is not null)
        {
            _generic.AddRange(resources.Generic);
            GenericResources.Consume(_generic, _assigned ?? []);
        }
    }

    /// <summary>True when one more task of the group fits beside what runs here; for nodes of the group's pool.</summary>
    public bool Passes(PlacementGroup group)
    {
        foreach (var filter in group.LoadFilters)
        {
            if (!filter.Passes(this))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>True when a task publishes that port in host mode here.</summary>
    public bool Uses(HostPort port) => _ports?.ContainsKey(port) ?? false;

    /// <summary>What a task of the group would be given of the generic resources here; null when it asks for none.</summary>
    public IReadOnlyList<GenericResource>? Claim(PlacementGroup group) =>
        group.Generic is null ? null : GenericResources.Claim([.. _generic], group.Generic);

    public void Add(PlacementGroup group, bool isActive, IReadOnlyList<GenericResource>? assigned)
    {
        Tasks++;
        ActiveTasks += isActive ? 1 : 0;
        _reservedCpu += group.Cpu;
        _reservedMemory += group.Memory;
        foreach (var port in group.HostPorts)
        {
            _ports ??= [];
            _ports[port] = _ports.GetValueOrDefault(port) + 1;
        }

        if (assigned is not null)
        {
            (_assigned ??= []).AddRange(assigned);
            GenericResources.Consume(_generic, assigned);
        }
    }

    public void Subtract(PlacementGroup group, bool isActive, IReadOnlyList<GenericResource>? assigned)
    {
        Tasks--;
        ActiveTasks -= isActive ? 1 : 0;
        _reservedCpu -= group.Cpu;
        _reservedMemory -= group.Memory;
        foreach (var port in group.HostPorts)
        {
            if (--_ports![port] == 0)
            {
                _ports.Remove(port);
            }
        }

        if (assigned is not null)
        {
            foreach (var resource in assigned)
            {
                _assigned!.Remove(resource);
            }

            IReadOnlyList<GenericResource> described = Node?.Description?.Resources is { } resources ? resources.Generic : [];
            GenericResources.Reclaim(_generic, assigned, described);
        }
    }

    private static double Share(long reserved, long all) => all <= 0 ? 0 : Math.Clamp((double)reserved / all, 0, 1);
}
