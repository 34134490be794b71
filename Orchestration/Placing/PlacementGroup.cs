using System.Globalization;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>
/// The tasks of one version of a service, which ask the same of a node: what they ask, prepared once for all of them, and those that wait (SCH-14).
/// </summary>
internal sealed class PlacementGroup
{
    private static readonly string[] NoDrivers = [];

    private readonly TaskSpec? _spec;
    private readonly Endpoint? _endpoint;
    private readonly string[] _networks;

    public PlacementGroup(SwarmTask task, ServiceLoad service, VolumeSet volumes)
    {
        Service = service;
        Version = VersionOf(task);
        (_spec, _endpoint, _networks) = (task.Spec, task.Endpoint, Drivers(task));
        var reserved = task.Spec?.Resources?.Reservations;
        Cpu = reserved?.NanoCpus ?? 0;
        Memory = reserved?.MemoryBytes ?? 0;
        Generic = reserved?.Generic.Count > 0 ? reserved.Generic : null;
        HostPorts = HostPort.Of(task);
        VolumeMounts = task.Spec?.Container?.Mounts.Any(m => m.Type == Mount.Types.Type.Cluster) == true
            ? [.. task.Spec.Container.Mounts.Where(m => m.Type == Mount.Types.Type.Cluster)]
            : null;
        Descriptors = SpreadTree.Descriptors(task.Spec?.Placement);
        Filters = MakeFilters(task, volumes);
        StaticFilters = Array.FindAll(Filters, f => f.IsStatic);
        LoadFilters = Array.FindAll(Filters, f => !f.IsStatic && f.Rule != PlacementRule.Ready);
        Strategy = task.Spec?.Placement?.Strategy ?? Placement.Types.Strategy.Default;
        PoolKey = MakePoolKey(task);
    }

    public ServiceLoad Service { get; }

    /// <summary>Version of the service's spec that the tasks were made from; 0 when they have none.</summary>
    public ulong Version { get; }

    public long Cpu { get; }

    public long Memory { get; }

    /// <summary>Generic resources that a task claims; null when it claims none.</summary>
    public IReadOnlyCollection<GenericResource>? Generic { get; }

    public HostPort[] HostPorts { get; }

    /// <summary>Mounts of cluster volumes; null when there are none.</summary>
    public IReadOnlyList<Mount>? VolumeMounts { get; }

    /// <summary>Labels that tasks are spread over, the first first.</summary>
    public IReadOnlyList<string> Descriptors { get; }

    /// <summary>All that nodes must satisfy, in the order in which it is checked.</summary>
    public PlacementFilter[] Filters { get; }

    /// <summary>Those that only the node object decides.</summary>
    public PlacementFilter[] StaticFilters { get; }

    /// <summary>Those that depend on what runs on the node.</summary>
    public PlacementFilter[] LoadFilters { get; }

    /// <summary>What the spec asks for.</summary>
    public Placement.Types.Strategy Strategy { get; }

    /// <summary>Equal for groups that can share a pool.</summary>
    public string PoolKey { get; }

    /// <summary>The pool it used last.</summary>
    public NodePool? Pool { get; set; }

    /// <summary>Number of tasks, waiting or placed, that refer to it.</summary>
    public int References { get; set; }

    /// <summary>Tasks that wait.</summary>
    public WaitingTasks Waiting { get; } = new();

    /// <summary>Why they do; null when they have not been tried, or could be placed.</summary>
    public Blockage? Blockage { get; set; }

    /// <summary>True when the task asks for just that.</summary>
    public bool Includes(SwarmTask task) =>
        Version == VersionOf(task) && Same(_spec, task.Spec) && SamePorts(task.Endpoint) && HasDrivers(task);

    private static ulong VersionOf(SwarmTask task) => task.SpecVersion?.Index ?? 0;

    private static bool Same(TaskSpec? a, TaskSpec? b) => ReferenceEquals(a, b) || Equals(a, b);

    private bool SamePorts(Endpoint? endpoint) => ReferenceEquals(_endpoint, endpoint) || Equals(_endpoint, endpoint);

    private bool HasDrivers(SwarmTask task)
    {
        if (task.Networks.Count == 0)
        {
            return _networks.Length == 0;
        }

        return _networks.AsSpan().SequenceEqual(Drivers(task));
    }

    private static string[] Drivers(SwarmTask task) =>
        task.Networks.Count == 0 ? NoDrivers : [.. task.Networks.Select(n => n.Network?.DriverState?.Name ?? "")];

    private PlacementFilter[] MakeFilters(SwarmTask task, VolumeSet volumes)
    {
        PlacementFilter?[] filters =
        [
            ReadyFilter.Instance,
            ResourceFilter.For(task),
            PluginFilter.For(task),
            ConstraintFilter.For(task),
            PlatformFilter.For(task),
            HostPorts.Length == 0 ? null : new HostPortFilter(HostPorts),
            MaxReplicasFilter.For(task, Service),
            VolumeMounts is null ? null : new VolumeFilter(volumes, VolumeMounts),
        ];
        return [.. filters.OfType<PlacementFilter>()];
    }

    private string MakePoolKey(SwarmTask task)
    {
        if (StaticFilters.Length == 0 && Descriptors.Count == 0)
        {
            return "";
        }

        var placement = task.Spec?.Placement;
        var plugins = StaticFilters.OfType<PluginFilter>().FirstOrDefault()?.Key;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{string.Join('\n', placement?.Constraints ?? [])}\0{string.Join('\n', placement?.Platforms ?? [])}\0{plugins}\0{string.Join('\n', Descriptors)}");
    }
}
