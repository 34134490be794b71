using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>
/// Decides where tasks go. It is fed with changes and keeps what it needs, so that a decision does not look at tasks that are placed already. Not
/// safe for concurrent use.
/// </summary>
public sealed class Scheduler
{
    private readonly Dictionary<string, NodeLoad> _nodes = [];
    // Tasks can be known before their node is, and outlive it.
    private readonly Dictionary<string, NodeLoad> _unknownNodes = [];
    private readonly Dictionary<string, NodeLoad.Load> _placed = [];
    private readonly Dictionary<string, SwarmTask> _waiting = [];
    private bool _hasWork;

    /// <summary>True when something has changed since the last <see cref="Plan"/> that may let a waiting task be placed.</summary>
    public bool HasWork => _hasWork && _waiting.Count > 0;

    /// <summary>Number of tasks without a node.</summary>
    public int Waiting => _waiting.Count;

    /// <summary>A node is new or has changed, or, when <paramref name="now"/> is null, is gone.</summary>
    public void SetNode(string id, Node? now)
    {
        if (now is null)
        {
            if (_nodes.Remove(id, out var gone))
            {
                _unknownNodes[id] = gone;
            }

            return;
        }

        _hasWork = true;
        if (_nodes.TryGetValue(id, out var known) || _unknownNodes.Remove(id, out known))
        {
            known.Node = now;
        }
        else
        {
            known = new NodeLoad(now);
        }

        _nodes[id] = known;
    }

    /// <summary>A task is new or has changed, or, when <paramref name="now"/> is null, is gone (SCH-4 to SCH-7).</summary>
    public void SetTask(SwarmTask? old, SwarmTask? now)
    {
        var id = (now ?? old)!.Id;
        if (now is null || now.HasEnded())
        {
            _waiting.Remove(id);
            if (Release(id) && now?.Observed() is TaskState.Failed or TaskState.Rejected && _nodes.TryGetValue(now!.NodeId, out var node))
            {
                node.NoteFailure(now.ServiceId, now.SpecVersion?.Index ?? 0, now.StateTime());
            }

            return;
        }

        if (now.NodeId.Length > 0)
        {
            _waiting.Remove(id);
            Account(id, NodeLoad.Load.Of(now));
        }
        else if (now.Observed() < TaskState.Assigned && now.DesiredState <= TaskState.Complete)
        {
            // The scheduler's own note why a task waits must not make it try again.
            _hasWork |= !_waiting.TryGetValue(id, out var known) || known.Observed() == TaskState.New || known.DesiredState != now.DesiredState;
            _waiting[id] = now;
        }
        else
        {
            _waiting.Remove(id);
        }
    }

    /// <summary>
    /// Decides about all waiting tasks, those without a spec version each by itself (SCH-14). Placements count as made until <see cref="Undo"/>; tasks
    /// that were placed wait no longer.
    /// </summary>
    public IReadOnlyList<PlacementDecision> Plan(DateTimeOffset now)
    {
        _hasWork = false;
        var decisions = new List<PlacementDecision>(_waiting.Count);
        foreach (var group in _waiting.Values.GroupBy(t => (t.ServiceId, Version: t.SpecVersion?.Index ?? 0, Alone: t.SpecVersion is null ? t.Id : "")).ToList())
        {
            Place([.. group.OrderBy(t => t.Slot).ThenBy(t => t.Id, StringComparer.Ordinal)], group.Key.Version, now, decisions);
        }

        return decisions;
    }

    /// <summary>A placement was not committed: the task waits again.</summary>
    public void Undo(PlacementDecision decision)
    {
        ArgumentNullException.ThrowIfNull(decision);
        if (_placed.TryGetValue(decision.Task.Id, out var load) && load.NodeId == decision.Node?.Id)
        {
            Release(decision.Task.Id);
            _waiting[decision.Task.Id] = decision.Task;
            _hasWork = true;
        }
    }

    private void Place(List<SwarmTask> tasks, ulong version, DateTimeOffset now, List<PlacementDecision> decisions)
    {
        var first = tasks[0];
        var filter = new PlacementFilter(first);
        var best = new PriorityQueue<NodeLoad, Preference>();
        foreach (var node in _nodes.Values)
        {
            if (filter.Passes(node))
            {
                best.Enqueue(node, Preference.Of(node, first.ServiceId, version, now));
            }
        }

        foreach (var task in tasks)
        {
            NodeLoad? chosen = null;
            while (chosen is null && best.TryDequeue(out var node, out _))
            {
                chosen = filter.Passes(node) ? node : null;
            }

            if (chosen is null)
            {
                decisions.Add(new PlacementDecision(task, null, filter.Explain()));
                continue;
            }

            decisions.Add(new PlacementDecision(task, chosen.Node, ""));
            _waiting.Remove(task.Id);
            Account(task.Id, NodeLoad.Load.Of(task) with { NodeId = chosen.Node.Id });
            best.Enqueue(chosen, Preference.Of(chosen, task.ServiceId, version, now));
        }
    }

    private void Account(string taskId, NodeLoad.Load load)
    {
        if (_placed.TryGetValue(taskId, out var known))
        {
            if (known == load)
            {
                return;
            }

            LoadOf(known.NodeId).Subtract(known);
            _hasWork |= known.IsActive && !load.IsActive;
        }

        _placed[taskId] = load;
        LoadOf(load.NodeId).Add(load);
    }

    private NodeLoad LoadOf(string nodeId)
    {
        if (!_nodes.TryGetValue(nodeId, out var load) && !_unknownNodes.TryGetValue(nodeId, out load))
        {
            _unknownNodes.Add(nodeId, load = new NodeLoad(new Node { Id = nodeId }));
        }

        return load;
    }

    private bool Release(string taskId)
    {
        if (!_placed.Remove(taskId, out var load))
        {
            return false;
        }

        LoadOf(load.NodeId).Subtract(load);
        _hasWork = true;
        return true;
    }

    // Fewer recent failures, then fewer tasks of the service, then fewer tasks (SCH-15); the id makes it the same everywhere.
    private readonly record struct Preference(int Failures, int OfService, int Total, string Id) : IComparable<Preference>
    {
        public static Preference Of(NodeLoad node, string serviceId, ulong version, DateTimeOffset now) =>
            new(node.Failures(serviceId, version, now), node.TasksOf(serviceId), node.ActiveTasks, node.Node.Id);

        public int CompareTo(Preference other)
        {
            var order = Failures.CompareTo(other.Failures);
            order = order != 0 ? order : OfService.CompareTo(other.OfService);
            order = order != 0 ? order : Total.CompareTo(other.Total);
            return order != 0 ? order : string.CompareOrdinal(Id, other.Id);
        }
    }
}
