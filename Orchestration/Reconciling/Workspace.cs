using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>The tasks of a service while a decision is made: originals stay as they are, changes are clones.</summary>
internal sealed class Workspace
{
    private readonly ServiceInput _input;
    private readonly bool _isPerNode;
    private readonly Dictionary<string, SwarmTask> _originals;
    private readonly Dictionary<string, SwarmTask> _changed = [];
    private readonly Dictionary<string, SwarmTask> _created = [];
    private readonly HashSet<string> _removed = [];
    private readonly HashSet<string> _kept = [];
    private readonly Dictionary<SlotKey, SwarmTask[]> _slots;
    private readonly Dictionary<string, Node?> _nodes = [];
    private SlotKey[]? _sortedSlots;
    private SwarmTask[]? _tasks;
    private Service? _service;
    private bool _serviceChanged;
    private DirtyCheck? _dirty;

    public Workspace(ServiceInput input)
    {
        _input = input;
        _service = input.Service;
        _isPerNode = input.Service.IsPerNode();
        Progress = input.Progress?.Clone() ?? new ServiceProgress { Id = input.ServiceId };
        Starts = new Notes<string, DelayedStart>(Progress.Starts, s => s.TaskId);
        Restarts = new Notes<SlotKey, SlotRestarts>(Progress.Restarts, r => new SlotKey(r.Slot, r.NodeId));
        Moves = new Notes<SlotKey, RebalanceRun.Types.Move>(Progress.Rebalance?.Moves ?? [], m => SlotKey.Numbered(m.Slot));
        _originals = new Dictionary<string, SwarmTask>(input.Tasks.Count);
        _slots = new Dictionary<SlotKey, SwarmTask[]>(input.Tasks.Count);
        foreach (var task in input.Tasks)
        {
            _originals.Add(task.Id, task);
            Enlist(task);
        }
    }

    public DateTimeOffset Now => _input.Now;

    public Timestamp Timestamp => Timestamp.FromDateTimeOffset(_input.Now);

    public Cluster? Cluster => _input.Cluster;

    public ServiceProgress Progress { get; }

    public Notes<string, DelayedStart> Starts { get; }

    public Notes<SlotKey, SlotRestarts> Restarts { get; }

    /// <summary>Tasks on their way to other nodes for the sake of balance. Written back by the rebalance step alone.</summary>
    public Notes<SlotKey, RebalanceRun.Types.Move> Moves { get; }

    /// <summary>The service as decided so far. Change it through <see cref="EditService"/> alone.</summary>
    public Service Service => _service!;

    public ulong SpecVersion => Service.SpecVersion?.Index ?? 0;

    /// <summary>What a task is wanted to be once it may start.</summary>
    public TaskState Goal => Service.IsJob() ? TaskState.Complete : TaskState.Running;

    public DateTimeOffset? WakeAt { get; private set; }

    /// <summary>Slots that had a task at the beginning or were given one, in order; as they are now, whatever is done while they are gone through.</summary>
    public IReadOnlyList<SlotKey> Slots => _sortedSlots ??= Sorted(_slots.Keys);

    /// <summary>All tasks as they are now; what is changed afterwards is not seen in it.</summary>
    public IReadOnlyList<SwarmTask> Tasks
    {
        get
        {
            return _tasks ??= _removed.Count == 0 && _changed.Count == 0
                ? [.. _originals.Values, .. _created.Values]
                : [.. _originals.Keys.Select(Find).OfType<SwarmTask>(), .. _created.Values];
        }
    }

    public IEnumerable<Node> Nodes => _input.AllNodes();

    public Func<string, IEnumerable<SwarmTask>> TasksOnNode => _input.TasksOnNode;

    /// <summary>Ports for another spec of the service.</summary>
    public PortAllocation AllocatePorts(ServiceSpec spec)
    {
        var range = PortRange.DynamicOf(Cluster);
        return new PortAllocator(range, PortCursor.SpreadBy(Service.Id, range), _input.FindPortHolder).Allocate(spec.Endpoint, Service.Endpoint);
    }

    public Node? NodeOf(SwarmTask task) => task.NodeId.Length == 0 ? null : FindNode(task.NodeId);

    public Node? FindNode(string id)
    {
        if (!_nodes.TryGetValue(id, out var node))
        {
            _nodes.Add(id, node = _input.FindNode(id));
        }

        return node;
    }

    public SlotKey KeyOf(SwarmTask task) => SlotKey.Of(task, _isPerNode);

    public SwarmTask? Find(string id) =>
        _removed.Contains(id) ? null : _changed.GetValueOrDefault(id) ?? _created.GetValueOrDefault(id) ?? _originals.GetValueOrDefault(id);

    /// <summary>The tasks of a slot as they are now. The array is never changed: a change makes another.</summary>
    public SwarmTask[] InSlot(SlotKey key) => _slots.GetValueOrDefault(key) ?? [];

    public bool IsDirty(SwarmTask task)
    {
        if (!ReferenceEquals(_dirty?.Spec, Service.Spec))
        {
            _dirty = new DirtyCheck(Service);
        }

        return _dirty!.IsDirty(task, NodeOf(task));
    }

    public SwarmTask Create(SlotKey key, TaskState desired)
    {
        var task = TaskFactory.Create(Service, Cluster, key, desired, _input.Ids.NewId(), Timestamp);
        _created.Add(task.Id, task);
        _tasks = null;
        Enlist(task);
        return task;
    }

    public void SetDesired(SwarmTask task, TaskState desired)
    {
        if (task.DesiredState < desired)
        {
            Edit(task).DesiredState = desired;
        }
    }

    public SwarmTask Edit(SwarmTask task)
    {
        if (_created.TryGetValue(task.Id, out var created))
        {
            return created;
        }

        if (!_changed.TryGetValue(task.Id, out var changed))
        {
            changed = task.Clone();
            _changed.Add(task.Id, changed);
            _tasks = null;
            var key = KeyOf(task);
            _slots[key] = Array.ConvertAll(_slots[key], t => t.Id == task.Id ? changed : t);
        }

        return changed;
    }

    public void Remove(SwarmTask task)
    {
        if (!_created.Remove(task.Id))
        {
            _removed.Add(task.Id);
        }

        _changed.Remove(task.Id);
        _tasks = null;
        var key = KeyOf(task);
        _slots[key] = Array.FindAll(_slots[key], t => t.Id != task.Id);
    }

    /// <summary>The task fills its slot though it has ended: history is trimmed around it.</summary>
    public void Keep(SwarmTask task) => _kept.Add(task.Id);

    public bool IsKept(SwarmTask task) => _kept.Contains(task.Id);

    public Service EditService()
    {
        if (!_serviceChanged)
        {
            _service = Service.Clone();
            _serviceChanged = true;
        }

        return Service;
    }

    public void Wake(DateTimeOffset at)
    {
        if (WakeAt is null || at < WakeAt)
        {
            WakeAt = at;
        }
    }

    /// <param name="isGone">Nothing is left of the service: its progress may go.</param>
    /// <param name="removesService">The service's object goes.</param>
    public ServiceDecision Finish(bool isGone = false, bool removesService = false)
    {
        Starts.Flush();
        Restarts.Flush();
        var isChanged = _created.Count + _changed.Count + _removed.Count > 0 || _serviceChanged || removesService
            || (isGone ? _input.Progress is not null : !Progress.Equals(_input.Progress ?? new ServiceProgress { Id = _input.ServiceId }));
        return new ServiceDecision
        {
            Create = [.. _created.Values],
            Update = [.. _changed.Values],
            Remove = [.. _removed.Select(id => _originals[id])],
            Service = _serviceChanged ? _service : null,
            RemovesService = removesService,
            Progress = isGone ? null : Progress,
            WakeAt = WakeAt,
            IsEmpty = !isChanged,
        };
    }

    private void Enlist(SwarmTask task)
    {
        var key = KeyOf(task);
        if (_slots.TryGetValue(key, out var tasks))
        {
            _slots[key] = [.. tasks, task];
            return;
        }

        _slots.Add(key, [task]);
        _sortedSlots = null;
    }

    private static SlotKey[] Sorted(IReadOnlyCollection<SlotKey> keys)
    {
        SlotKey[] sorted = [.. keys];
        Array.Sort(sorted);
        return sorted;
    }
}
