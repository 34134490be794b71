using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>The tasks of a service while a decision is made: originals stay as they are, changes are clones.</summary>
internal sealed class Workspace
{
    private readonly ServiceInput _input;
    private readonly Dictionary<string, SwarmTask> _originals = [];
    private readonly Dictionary<string, SwarmTask> _changed = [];
    private readonly Dictionary<string, SwarmTask> _created = [];
    private readonly HashSet<string> _removed = [];
    private readonly Dictionary<ulong, List<string>> _slots = [];
    private Service? _service;
    private bool _serviceChanged;

    public Workspace(ServiceInput input)
    {
        _input = input;
        _service = input.Service;
        Progress = input.Progress?.Clone() ?? new ServiceProgress { Id = input.ServiceId };
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

    /// <summary>The service as decided so far. Change it through <see cref="EditService"/> alone.</summary>
    public Service Service => _service!;

    public DateTimeOffset? WakeAt { get; private set; }

    public IEnumerable<ulong> Slots => _slots.Keys.Order();

    public IEnumerable<SwarmTask> Tasks => _originals.Keys.Concat(_created.Keys).Where(id => !_removed.Contains(id)).Select(id => Find(id)!).ToList();

    public Node? NodeOf(SwarmTask task) => task.NodeId.Length == 0 ? null : _input.FindNode(task.NodeId);

    public SwarmTask? Find(string id) =>
        _removed.Contains(id) ? null : _changed.GetValueOrDefault(id) ?? _created.GetValueOrDefault(id) ?? _originals.GetValueOrDefault(id);

    public List<SwarmTask> InSlot(ulong slot) => _slots.TryGetValue(slot, out var ids) ? [.. ids.Select(Find).OfType<SwarmTask>()] : [];

    public SwarmTask Create(ulong slot, TaskState desired)
    {
        var task = TaskFactory.Create(Service, Cluster, slot, desired, _input.Ids.NewId(), Timestamp);
        _created.Add(task.Id, task);
        Enlist(task);
        return task;
    }

    public void SetDesired(SwarmTask task, TaskState desired)
    {
        if (task.DesiredState != desired)
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
    }

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

    public ServiceDecision Finish(bool isGone)
    {
        var isChanged = _created.Count + _changed.Count + _removed.Count > 0 || _serviceChanged
            || (isGone ? _input.Progress is not null : !Progress.Equals(_input.Progress ?? new ServiceProgress { Id = _input.ServiceId }));
        return new ServiceDecision
        {
            Create = [.. _created.Values],
            Update = [.. _changed.Values],
            Remove = [.. _removed.Select(id => _originals[id])],
            Service = _serviceChanged ? _service : null,
            Progress = isGone ? null : Progress,
            WakeAt = WakeAt,
            IsEmpty = !isChanged,
        };
    }

    private void Enlist(SwarmTask task)
    {
        if (!_slots.TryGetValue(task.Slot, out var ids))
        {
            _slots.Add(task.Slot, ids = []);
        }

        ids.Add(task.Id);
    }
}
