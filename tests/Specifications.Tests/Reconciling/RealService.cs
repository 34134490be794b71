using System.Text;
using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;
using SwarmOrleans.Orchestration;
using SwarmOrleans.Tests.Specifications.Exploring;

namespace SwarmOrleans.Tests.Specifications.Reconciling;

/// <summary>The objects of one service as a store holds them; the real reconciler decides about them. Never changed once made.</summary>
internal sealed class RealService
{
    /// <summary>The unit in which time passes.</summary>
    public static readonly TimeSpan Unit = TimeSpan.FromSeconds(30);

    /// <summary>Ages above are alike: no rule looks farther back.</summary>
    public const int OldAge = 6;

    private static readonly string[] NodeIds = ["a", "b"];
    private readonly Node?[] _nodes;
    private readonly int _nextId;

    public RealService(Service service, Cluster cluster, IEnumerable<NodeCondition> nodes)
    {
        (Service, Cluster, Now) = (service, cluster, new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
        _nodes = [.. nodes.Select(NodeOf)];
    }

    private RealService(RealService from, int nextId)
    {
        (Service, Cluster, Now, Progress, Tasks, _nodes, _nextId) = (from.Service, from.Cluster, from.Now, from.Progress, from.Tasks, from._nodes, nextId);
    }

    public Service Service { get; private init; }

    public Cluster Cluster { get; }

    public DateTimeOffset Now { get; private init; }

    public ServiceProgress? Progress { get; private init; }

    /// <summary>In the order in which they were made, those of one moment by slot and node.</summary>
    public IReadOnlyList<SwarmTask> Tasks { get; private init; } = [];

    public static string IdOf(int node) => NodeIds[node];

    public IEnumerable<TaskRow> Rows => Tasks.Select(RowOf);

    public RealService With(Service service) => new(this, _nextId) { Service = service };

    /// <summary>With a task that was there before.</summary>
    public RealService With(TaskRow row)
    {
        var task = new SwarmTask
        {
            Id = Id(_nextId),
            ServiceId = Service.Id,
            Spec = Service.Spec.Task,
            SpecVersion = Service.SpecVersion,
            Slot = (ulong)row.Slot,
            NodeId = row.Node < 0 ? "" : IdOf(row.Node),
            DesiredState = row.Desired,
            Status = StatusOf(row.Observed),
            JobIteration = Service.IsJob() ? new ObjectVersion { Index = (ulong)row.Version } : null,
        };
        return new RealService(this, _nextId + 1) { Tasks = [.. Tasks, task] };
    }

    /// <summary>After a step of the world; what a user does is not known here.</summary>
    public RealService Apply(Step step) => step.Act switch
    {
        Act.Assign => Change(step.Item, t =>
        {
            t.NodeId = IdOf(step.Value);
            t.Status = StatusOf(TaskState.Assigned);
        }),
        Act.Report => Change(step.Item, t => t.Status = StatusOf((TaskState)step.Value)),
        Act.Delete => new RealService(this, _nextId) { Tasks = [.. Tasks.Where((_, i) => i != step.Item)] },
        Act.Node => WithNode(step.Item, (NodeCondition)step.Value, isRemoval: true),
        Act.Vanish => WithNode(step.Item, NodeCondition.Gone, isRemoval: false),
        Act.Tick => new RealService(this, _nextId) { Now = Now + Unit },
        _ => throw new ArgumentOutOfRangeException(nameof(step)),
    };

    /// <summary>What the real code makes of it.</summary>
    public (RealService Next, ServiceDecision Decision) Decide(TimeSpan later = default)
    {
        var ids = new Counter(_nextId);
        var decision = ServiceReconciler.Reconcile(new ServiceInput
        {
            ServiceId = Service.Id,
            Service = Service,
            Progress = Progress,
            Cluster = Cluster,
            Tasks = Tasks,
            FindNode = id => _nodes[id[0] - 'a'],
            AllNodes = () => _nodes.OfType<Node>(),
            Now = Now + later,
            Ids = ids,
        });
        foreach (var task in decision.Create)
        {
            // No two tasks of a slot are made at the very same time.
            task.Meta = new Meta { CreatedAt = Timestamp.FromDateTimeOffset(Now + TimeSpan.FromMicroseconds(ids.Next)) };
        }

        var removed = decision.Remove.Select(t => t.Id).ToHashSet();
        var changed = decision.Update.ToDictionary(t => t.Id);
        var next = new RealService(this, ids.Next)
        {
            Service = decision.Service ?? Service,
            Progress = decision.Progress,
            Tasks =
            [
                .. Tasks.Where(t => !removed.Contains(t.Id)).Select(t => changed.GetValueOrDefault(t.Id, t)),
                .. decision.Create.OrderBy(t => t.Slot).ThenBy(t => t.NodeId, StringComparer.Ordinal),
            ],
        };
        return (next, decision);
    }

    /// <summary>All that the real code can see, in texts for <see cref="Canonical.KeyOf"/>.</summary>
    public (string Whole, Dictionary<(int Slot, int Node), StringBuilder> Slots) Parts(int[] names)
    {
        var slots = new Dictionary<(int, int), StringBuilder>();
        var byId = new Dictionary<string, int>();
        for (var i = 0; i < Tasks.Count; i++)
        {
            var (task, row) = (Tasks[i], RowOf(Tasks[i]));
            byId[task.Id] = i;
            PartOf(row).Append('/').Append(row.Version).Append(Canonical.Name(names, row.Node)).Append((int)row.Observed).Append(',').Append((int)row.Desired)
                .Append(',').Append(Age(task.Status.Timestamp));
            if (Progress?.Starts.FirstOrDefault(s => s.TaskId == task.Id) is { } start)
            {
                PartOf(row).Append('s').Append(Age(start.NotBefore)).Append(',').Append(Age(start.GiveUpAt));
            }
        }

        foreach (var restart in Progress?.Restarts ?? [])
        {
            var part = At((int)restart.Slot, restart.NodeId.Length == 0 ? -1 : restart.NodeId[0] - 'a').Append('r').Append(restart.SpecVersion).Append(',').Append(restart.Total);
            foreach (var time in restart.Times.Select(Age).Where(a => a < OldAge))
            {
                part.Append(',').Append(time);
            }
        }

        foreach (var slot in Progress?.Update?.Slots ?? [])
        {
            At((int)slot.Slot_, slot.NodeId.Length == 0 ? -1 : slot.NodeId[0] - 'a').Append('u').Append(OrdinalOf(slot.TaskId)).Append(slot.SettledAt is null ? "-" : Age(slot.SettledAt).ToString())
                .Append(slot.Failed ? 'f' : '.').Append(slot.Created ? 'c' : '.');
        }

        var whole = $"{Service.Spec.Task.Container.Image}{Service.SpecVersion?.Index}{(int?)Service.UpdateStatus?.State}{Service.PreviousSpecVersion?.Index}{Service.JobStatus?.JobIteration?.Index}"
            + $"{Progress?.Update?.SpecVersion},{Progress?.Update?.Total}{Progress?.Update?.Done}{string.Join(',', Progress?.Revisions.Select(r => r.SpecVersion.Index) ?? [])}"
            + string.Join(',', Progress?.MovingSlots ?? []);
        return (whole, slots);

        StringBuilder PartOf(TaskRow row) => Service.IsPerNode() ? At(0, row.Node) : At(row.Slot, -1);

        StringBuilder At(int slot, int node)
        {
            if (!slots.TryGetValue((slot, node), out var part))
            {
                slots.Add((slot, node), part = new StringBuilder());
            }

            return part;
        }

        // The how manieth of its slot a task is.
        int OrdinalOf(string id) => byId.TryGetValue(id, out var index) ? Enumerable.Range(0, index).Count(i => Tasks[i].Slot == Tasks[index].Slot && Tasks[i].NodeId == Tasks[index].NodeId) : 9;
    }

    private RealService WithNode(int index, NodeCondition condition, bool isRemoval)
    {
        var nodes = _nodes.ToArray();
        nodes[index] = NodeOf(condition, index);
        var tasks = condition == NodeCondition.Gone && isRemoval
            ? Tasks.Select(t => t.NodeId == IdOf(index) && t.Status.State <= TaskState.Running ? Changed(t, c => c.Status = StatusOf(TaskState.Orphaned)) : t)
            : Tasks;
        return new RealService(this, _nextId, nodes) { Tasks = [.. tasks] };
    }

    private RealService(RealService from, int nextId, Node?[] nodes)
        : this(from, nextId) => _nodes = nodes;

    private RealService Change(int index, Action<SwarmTask> change) => new(this, _nextId) { Tasks = [.. Tasks.Select((t, i) => i == index ? Changed(t, change) : t)] };

    private static SwarmTask Changed(SwarmTask task, Action<SwarmTask> change)
    {
        // What tasks have in common is shared, as in the store.
        var changed = task.Clone();
        (changed.Spec, changed.SpecVersion) = (task.Spec, task.SpecVersion);
        change(changed);
        return changed;
    }

    private SwarmTaskStatus StatusOf(TaskState state) => new() { State = state, Timestamp = Timestamp.FromDateTimeOffset(Now), AppliedAt = Timestamp.FromDateTimeOffset(Now) };

    private int Age(Timestamp time) => Math.Clamp((int)Math.Floor((Now - time.ToDateTimeOffset()) / Unit), -OldAge, OldAge);

    private static TaskRow RowOf(SwarmTask task) => new(
        (int)task.Slot,
        (int)(task.JobIteration?.Index ?? task.SpecVersion?.Index ?? 0),
        task.NodeId.Length == 0 ? -1 : task.NodeId[0] - 'a',
        task.Status.State,
        task.DesiredState);

    private static Node? NodeOf(NodeCondition condition, int index) => condition == NodeCondition.Gone ? null : new Node
    {
        Id = IdOf(index),
        Spec = new NodeSpec
        {
            Availability = condition switch
            {
                NodeCondition.Drained => NodeSpec.Types.Availability.Drain,
                NodeCondition.Paused => NodeSpec.Types.Availability.Pause,
                _ => NodeSpec.Types.Availability.Active,
            },
            ForceDrain = true,
        },
        Status = new NodeStatus { State = condition == NodeCondition.Down ? NodeStatus.Types.State.Down : NodeStatus.Types.State.Ready },
    };

    private static string Id(int number) => $"t{number:0000}";

    private sealed class Counter(int next) : IIdSource
    {
        public int Next { get; private set; } = next;

        public string NewId() => Id(Next++);
    }
}
