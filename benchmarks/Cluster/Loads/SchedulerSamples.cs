using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Benchmarks.ClusterLoad.Loads;

/// <summary>Nodes in 8 zones of 16 racks, and services of as many tasks each that share their spec, as in the store.</summary>
/// <param name="Nodes">Number of nodes.</param>
/// <param name="Tasks">Number of tasks.</param>
/// <param name="TasksPerService">Tasks of one service.</param>
/// <param name="HasConstraints">Each service is bound to one zone and to an operating system.</param>
/// <param name="HasPreferences">Each service is spread over zones, then racks.</param>
internal sealed record SchedulerSamples(int Nodes, int Tasks, int TasksPerService, bool HasConstraints, bool HasPreferences)
{
    private const int Zones = 8;
    private const int Racks = 16;
    private static readonly Timestamp At = Timestamp.FromDateTimeOffset(DateTimeOffset.UnixEpoch);

    private readonly Dictionary<string, Service> _services = [];

    /// <summary>Number of services.</summary>
    public int Services => Math.Max(1, Tasks / TasksPerService);

    public List<Node> MakeNodes() => [.. Enumerable.Range(0, Nodes).Select(MakeNode)];

    public List<SwarmTask> MakeTasks() => [.. Enumerable.Range(0, Tasks).Select(i => MakeTask(i, $"service-{i / TasksPerService % Services}"))];

    public SwarmTask MakeTask(int i, string serviceId)
    {
        var service = ServiceOf(serviceId);
        return new SwarmTask
        {
            Id = $"task-{i}",
            ServiceId = service.Id,
            Slot = (ulong)(i % TasksPerService) + 1,
            Meta = service.Meta,
            SpecVersion = service.SpecVersion,
            Spec = service.Spec.Task,
            ServiceAnnotations = service.Spec.Annotations,
            DesiredState = TaskState.Running,
            Status = new SwarmTaskStatus { State = TaskState.Pending, Timestamp = At },
        };
    }

    /// <summary>The service with that id.</summary>
    public Service ServiceOf(string id)
    {
        if (!_services.TryGetValue(id, out var service))
        {
            _services.Add(id, service = new Service
            {
                Id = id,
                Meta = MetaNow(),
                SpecVersion = new ObjectVersion { Index = 1 },
                Spec = new ServiceSpec
                {
                    Annotations = new Annotations { Name = id },
                    Task = new TaskSpec { Container = new ContainerSpec { Image = "instant" }, Placement = MakePlacement(_services.Count) },
                },
            });
        }

        return service;
    }

    /// <inheritdoc />
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Nodes} nodes, {Tasks} tasks, {TasksPerService} a service{(HasConstraints ? ", constraints" : "")}{(HasPreferences ? ", preferences" : "")}");

    private Placement? MakePlacement(int service)
    {
        if (!HasConstraints && !HasPreferences)
        {
            return null;
        }

        var placement = new Placement();
        if (HasConstraints)
        {
            placement.Constraints.Add($"node.labels.zone == zone-{service % Zones}");
            placement.Constraints.Add("node.platform.os == linux");
        }

        if (HasPreferences)
        {
            placement.Preferences.Add(new PlacementPreference { Spread = new SpreadOver { SpreadDescriptor = "node.labels.zone" } });
            placement.Preferences.Add(new PlacementPreference { Spread = new SpreadOver { SpreadDescriptor = "node.labels.rack" } });
        }

        return placement;
    }

    private static Node MakeNode(int i) => new()
    {
        Id = $"node-{i}",
        Meta = MetaNow(),
        Spec = new NodeSpec
        {
            Availability = NodeSpec.Types.Availability.Active,
            Annotations = new Annotations { Labels = { ["zone"] = $"zone-{i % Zones}", ["rack"] = $"rack-{i / Zones % Racks}" } },
        },
        Status = new NodeStatus { State = NodeStatus.Types.State.Ready },
        Description = new NodeDescription
        {
            Hostname = $"node-{i}",
            Platform = new Platform { Os = "linux", Architecture = "x86_64" },
            Resources = new Resources { NanoCpus = 1_000_000_000_000, MemoryBytes = 1L << 40 },
        },
    };

    private static Meta MetaNow() => new() { Version = new ObjectVersion { Index = 1 }, CreatedAt = At, UpdatedAt = At };
}
