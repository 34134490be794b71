using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;
using SwarmOrleans.Orchestration;

namespace SwarmOrleans.Tests.Unit.Orchestration.Placing;

/// <summary>A scheduler with the tasks and nodes that it was told of; what it decides is "stored" and comes back to it, as from the feed.</summary>
internal sealed class SchedulerWorld
{
    public static readonly DateTimeOffset Start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private int _ids;

    public DateTimeOffset Now { get; set; } = Start;

    public Scheduler Scheduler { get; } = new();

    public SortedDictionary<string, SwarmTask> Tasks { get; } = new(StringComparer.Ordinal);

    public SortedDictionary<string, Node> Nodes { get; } = new(StringComparer.Ordinal);

    public SortedDictionary<string, Volume> Volumes { get; } = new(StringComparer.Ordinal);

    public void Volume(string id, Volume volume) => Scheduler.SetVolume(id, Volumes[id] = volume);

    public static Node NodeOf(string id, Action<Node>? change = null)
    {
        var node = new Node
        {
            Id = id,
            Spec = new NodeSpec { Availability = NodeSpec.Types.Availability.Active, Annotations = new Annotations() },
            Status = new NodeStatus { State = NodeStatus.Types.State.Ready },
            Description = new NodeDescription
            {
                Hostname = id,
                Resources = new Resources { NanoCpus = 4_000_000_000, MemoryBytes = 8L << 30 },
                Engine = new EngineDescription(),
            },
        };
        change?.Invoke(node);
        return node;
    }

    public Node Node(string id, Action<Node>? change = null)
    {
        var node = Nodes[id] = NodeOf(id, change);
        Scheduler.SetNode(id, node);
        return node;
    }

    public void RemoveNode(string id)
    {
        Nodes.Remove(id);
        Scheduler.SetNode(id, null);
    }

    public SwarmTask TaskOf(string service = "svc", Action<SwarmTask>? change = null)
    {
        var task = new SwarmTask
        {
            Id = $"t{++_ids:d5}",
            ServiceId = service,
            Slot = (ulong)_ids,
            Spec = new TaskSpec { Container = new ContainerSpec { Image = "v1" }, Placement = new Placement(), Resources = Reserve() },
            SpecVersion = new ObjectVersion { Index = 1 },
            Status = new SwarmTaskStatus { State = TaskState.Pending },
            DesiredState = TaskState.Running,
        };
        change?.Invoke(task);
        return task;
    }

    /// <summary>A new task that waits.</summary>
    public SwarmTask Wait(string service = "svc", Action<SwarmTask>? change = null) => Store(TaskOf(service, change));

    public List<SwarmTask> Wait(int count, string service = "svc", Action<SwarmTask>? change = null) =>
        [.. Enumerable.Range(0, count).Select(_ => Wait(service, change))];

    /// <summary>New tasks that run on a node.</summary>
    public List<SwarmTask> Run(string node, int count = 1, string service = "svc", Action<SwarmTask>? change = null) =>
        [.. Enumerable.Range(0, count).Select(_ => Wait(service, task =>
        {
            task.NodeId = node;
            task.Status.State = TaskState.Running;
            change?.Invoke(task);
        }))];

    /// <summary>A task as it is now has changed.</summary>
    public SwarmTask Change(SwarmTask task, Action<SwarmTask> change)
    {
        var copy = Tasks[task.Id].Clone();
        change(copy);
        return Store(copy);
    }

    public SwarmTask End(SwarmTask task, TaskState state) => Change(task, t => t.Status = new SwarmTaskStatus
    {
        State = state,
        Timestamp = Timestamp.FromDateTimeOffset(Now),
    });

    public void Remove(SwarmTask task)
    {
        Tasks.Remove(task.Id, out var old);
        Scheduler.SetTask(old, null);
    }

    public SwarmTask Store(SwarmTask task)
    {
        Tasks.TryGetValue(task.Id, out var old);
        Tasks[task.Id] = task;
        Scheduler.SetTask(old, task);
        return task;
    }

    /// <summary>Plans, and stores what was decided.</summary>
    public IReadOnlyList<PlacementDecision> Plan()
    {
        var decisions = Scheduler.Plan(Now);
        foreach (var decision in decisions)
        {
            Store(decision.Decided(Timestamp.FromDateTimeOffset(Now)));
        }

        return decisions;
    }

    /// <summary>What is asked of explanations about this world.</summary>
    public ExplainInput Input() => new()
    {
        AllNodes = () => Nodes.Values,
        FindNode = id => Nodes.GetValueOrDefault(id),
        TasksOnNode = id => Tasks.Values.Where(t => t.NodeId == id),
        TasksOfService = id => [.. Tasks.Values.Where(t => t.ServiceId == id)],
        AllVolumes = () => Volumes.Values,
        Now = Now,
    };

    /// <summary>Why each node cannot run the task, by the node's id.</summary>
    public List<(string Node, PlacementRule Rule, string Detail)> Explain(SwarmTask task) =>
    [
        .. TaskExplainer.Explain(task, Input()).Placement.ShownNodes.OrderBy(n => n.NodeId, StringComparer.Ordinal)
            .SelectMany(n => n.Refusals.Select(r => (n.NodeId, r.Rule, r.Detail))),
    ];

    public SwarmTask Find(SwarmTask task) => Tasks[task.Id];

    public string NodeOf(SwarmTask task) => Tasks[task.Id].NodeId;

    public string ErrorOf(SwarmTask task) => Tasks[task.Id].Status.Err;

    /// <summary>Tasks that are meant to run, by node, in the order of the nodes' ids.</summary>
    public int[] Counts(string? service = null) =>
        [.. Nodes.Keys.Select(n => Tasks.Values.Count(t => t.NodeId == n && !t.HasEnded() && (service is null || t.ServiceId == service)))];

    public static ResourceRequirements Reserve(double cpus = 0, long memory = 0, params (string Kind, long Amount)[] generic)
    {
        var reserved = new Resources { NanoCpus = (long)(cpus * 1e9), MemoryBytes = memory };
        reserved.Generic.AddRange(generic.Select(g => Generic.Discrete(g.Kind, g.Amount)));
        return new ResourceRequirements { Reservations = reserved };
    }

    public static Action<SwarmTask> Reserving(double cpus = 0, long memory = 0, params (string Kind, long Amount)[] generic) =>
        task => task.Spec.Resources = Reserve(cpus, memory, generic);

    public static Action<Node> Labels(params (string Key, string Value)[] labels) => node =>
    {
        foreach (var (key, value) in labels)
        {
            node.Spec.Annotations.Labels[key] = value;
        }
    };

    public static Action<SwarmTask> Spread(params string[] descriptors) => task =>
        task.Spec.Placement.Preferences.AddRange(
            descriptors.Select(d => new PlacementPreference { Spread = new SpreadOver { SpreadDescriptor = d } }));
}

/// <summary>Generic resources for tests.</summary>
internal static class Generic
{
    public static GenericResource Discrete(string kind, long value) =>
        new() { DiscreteResourceSpec = new DiscreteGenericResource { Kind = kind, Value = value } };

    public static GenericResource Named(string kind, string value) =>
        new() { NamedResourceSpec = new NamedGenericResource { Kind = kind, Value = value } };

    public static List<GenericResource> Set(string kind, params string[] values) => [.. values.Select(v => Named(kind, v))];

    public static string Text(IEnumerable<GenericResource> resources) => string.Join(
        ' ', resources.Select(r => r.DiscreteResourceSpec is { } d ? $"{d.Kind}={d.Value}" : $"{r.NamedResourceSpec.Kind}={r.NamedResourceSpec.Value}"));
}
