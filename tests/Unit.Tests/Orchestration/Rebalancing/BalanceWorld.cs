using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;
using SwarmOrleans.Orchestration;

namespace SwarmOrleans.Tests.Unit.Orchestration.Rebalancing;

/// <summary>Nodes and one service's tasks on them, with rules of their own for what may go where.</summary>
internal sealed class BalanceWorld
{
    public static readonly DateTimeOffset Now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private const long Cpu = 1_000_000_000;

    private readonly Demand _demand;
    private readonly Dictionary<string, SwarmTask> _tasks = [];
    private readonly Dictionary<string, List<SwarmTask>> _others = [];

    public BalanceWorld(IReadOnlyList<Shape> shapes, Demand demand)
    {
        _demand = demand;
        Service = new Service { Id = "svc", Spec = demand.ToSpec(), SpecVersion = new ObjectVersion { Index = 1 } };
        for (var i = 0; i < shapes.Count; i++)
        {
            var node = shapes[i].ToNode($"n{i}");
            Nodes.Add(node.Id, node);
            for (var t = 0; t < shapes[i].Tasks; t++)
            {
                Add(node.Id);
            }
        }

        Service.Spec.Replicated.Replicas = (ulong)_tasks.Count;
    }

    public Service Service { get; }

    public Dictionary<string, Node> Nodes { get; } = [];

    public static Timestamp Before(TimeSpan age) => Timestamp.FromDateTimeOffset(Now - age);

    /// <summary>The first difference counts.</summary>
    public static bool IsLess(IReadOnlyList<long> a, IReadOnlyList<long> b)
    {
        for (var i = 0; i < a.Count; i++)
        {
            if (a[i] != b[i])
            {
                return a[i] < b[i];
            }
        }

        return false;
    }

    public BalanceInput Input(Cluster? cluster = null, TimeSpan steadyFor = default)
    {
        var onNode = _tasks.Values.ToLookup(t => t.NodeId);
        return new BalanceInput
        {
            Service = Service,
            Cluster = cluster,
            Tasks = [.. _tasks.Values],
            AllNodes = () => Nodes.Values,
            TasksOnNode = id => onNode[id].Concat(_others.GetValueOrDefault(id) ?? []),
            Now = Now,
            SteadyFor = steadyFor,
        };
    }

    public void AddFailure(string node, TimeSpan age)
    {
        var task = Add(node);
        task.DesiredState = TaskState.Shutdown;
        task.Status = new SwarmTaskStatus { State = TaskState.Failed, Timestamp = Before(age) };
    }

    public void AddOther(string node, uint port)
    {
        var spec = new EndpointSpec { Ports = { new PortConfig { PublishedPort = port, TargetPort = 1, PublishMode = PortConfig.Types.PublishMode.Host } } };
        _others[node] = [new SwarmTask
        {
            Id = "other",
            ServiceId = "other",
            NodeId = node,
            Spec = new TaskSpec(),
            Endpoint = new Endpoint { Spec = spec },
            DesiredState = TaskState.Running,
            Status = new SwarmTaskStatus { State = TaskState.Running },
        }];
    }

    public void Move(BalanceMove move)
    {
        var task = _tasks[move.Task.Id].Clone();
        task.NodeId = move.To.Id;
        _tasks[task.Id] = task;
    }

    public bool CanTake(string id)
    {
        var node = Nodes[id];
        var here = _tasks.Values.Count(t => t.NodeId == id);
        return node.Status.State == NodeStatus.Types.State.Ready && node.Spec.Availability == NodeSpec.Types.Availability.Active
            && (!_demand.NeedsSsd || node.Spec.Annotations.Labels["disk"] == "ssd")
            && (_demand.Max == 0 || (ulong)here < _demand.Max)
            && (_demand.Cpu == 0 || (here + 1) * _demand.Cpu * Cpu <= node.Description.Resources.NanoCpus)
            && (!_demand.HasHostPort || here == 0);
    }

    /// <summary>The sum of squares of the numbers of tasks, level by level, nodes at last.</summary>
    public long[] Imbalance() =>
    [
        .. Enumerable.Range(1, _demand.Preferences).Append(3).Select(depth =>
            _tasks.Values.GroupBy(t => PathOf(t.NodeId, depth)).Sum(g => (long)g.Count() * g.Count())),
    ];

    /// <summary>Moves that are allowed, from a branch that has at least two more tasks than the one they go to.</summary>
    public List<string> MissedMoves()
    {
        var missed = new List<string>();
        foreach (var from in _tasks.Values.Select(t => t.NodeId).Distinct())
        {
            missed.AddRange(Nodes.Keys.Where(to => to != from && CanTake(to) && Difference(from, to) >= 2).Select(to => $"{from} to {to}"));
        }

        return missed;
    }

    // At the first level at which they part.
    private int Difference(string from, string to)
    {
        var depth = Enumerable.Range(1, _demand.Preferences).Append(3).First(d => PathOf(from, d) != PathOf(to, d));
        int In(string node) => _tasks.Values.Count(t => PathOf(t.NodeId, depth) == PathOf(node, depth));
        return In(from) - In(to);
    }

    private string PathOf(string nodeId, int depth)
    {
        var labels = Nodes[nodeId].Spec.Annotations.Labels;
        return depth switch { 1 => labels["dc"], 2 => $"{labels["dc"]}/{labels["rack"]}", _ => nodeId };
    }

    private SwarmTask Add(string node)
    {
        var number = _tasks.Count + 1;
        var task = new SwarmTask
        {
            Id = string.Create(CultureInfo.InvariantCulture, $"t{number:D6}"),
            ServiceId = "svc",
            Slot = (ulong)number,
            NodeId = node,
            Spec = Service.Spec.Task,
            SpecVersion = Service.SpecVersion,
            Endpoint = Service.Spec.Endpoint is null ? null : new Endpoint { Spec = Service.Spec.Endpoint },
            DesiredState = TaskState.Running,
            Status = new SwarmTaskStatus { State = TaskState.Running, Timestamp = Before(TimeSpan.FromHours(1)) },
        };
        _tasks.Add(task.Id, task);
        return task;
    }

    /// <summary>A node and how many of the service's tasks run there.</summary>
    internal sealed record Shape(int Dc, int Rack, int Cpu, bool HasSsd, int Health, int Tasks)
    {
        public static Shape Of(int tasks, int dc = 0) => new(dc, 0, 64, true, 3, tasks);

        public Node ToNode(string id) => new()
        {
            Id = id,
            Spec = new NodeSpec
            {
                Availability = Health == 0 ? NodeSpec.Types.Availability.Pause : NodeSpec.Types.Availability.Active,
                Annotations = new Annotations { Labels = { ["dc"] = $"{Dc}", ["rack"] = $"{Rack}", ["disk"] = HasSsd ? "ssd" : "hdd" } },
            },
            Status = new NodeStatus { State = Health == 1 ? NodeStatus.Types.State.Disconnected : NodeStatus.Types.State.Ready },
            Description = new NodeDescription { Resources = new Resources { NanoCpus = Cpu * BalanceWorld.Cpu } },
        };
    }

    /// <summary>What the service asks for.</summary>
    internal sealed record Demand(int Cpu = 0, bool NeedsSsd = false, ulong Max = 0, int Preferences = 0, bool HasHostPort = false)
    {
        public ServiceSpec ToSpec()
        {
            var placement = new Placement { MaxReplicas = Max };
            if (NeedsSsd)
            {
                placement.Constraints.Add("node.labels.disk==ssd");
            }

            foreach (var label in new[] { "dc", "rack" }.Take(Preferences))
            {
                placement.Preferences.Add(new PlacementPreference { Spread = new SpreadOver { SpreadDescriptor = $"node.labels.{label}" } });
            }

            return new ServiceSpec
            {
                Annotations = new Annotations { Name = "web" },
                Replicated = new ReplicatedService(),
                Task = new TaskSpec
                {
                    Container = new ContainerSpec { Image = "x" },
                    Placement = placement,
                    Resources = Cpu == 0 ? null : new ResourceRequirements { Reservations = new Resources { NanoCpus = Cpu * BalanceWorld.Cpu } },
                },
                Endpoint = HasHostPort
                    ? new EndpointSpec { Ports = { new PortConfig { PublishedPort = 80, TargetPort = 80, PublishMode = PortConfig.Types.PublishMode.Host } } }
                    : null,
            };
        }
    }
}
