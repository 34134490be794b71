using SwarmOrleans.Contracts;
using SwarmOrleans.Orchestration;

namespace SwarmOrleans.Tests.Unit.Orchestration;

/// <summary>A scheduler with nodes and tasks, and a plain count of both by which each of its decisions is judged.</summary>
internal sealed class PlacementWorld
{
    private readonly Scheduler _scheduler = new();
    private readonly Dictionary<string, Node> _nodes = [];
    private readonly Dictionary<string, SwarmTask> _placed = [];
    private readonly Dictionary<string, SwarmTask> _waiting = [];
    private readonly Dictionary<string, string> _told = [];
    private int _made;

    public IReadOnlyList<SwarmTask> Placed => [.. _placed.Values];

    public void SetNode(string id, Node? node)
    {
        _scheduler.SetNode(id, node);
        if (node is null)
        {
            _nodes.Remove(id);
        }
        else
        {
            _nodes[id] = node;
        }
    }

    public void Enqueue(string service, int count, TaskSpec spec)
    {
        for (var i = 0; i < count; i++)
        {
            var task = new SwarmTask
            {
                Id = $"t{_made++}",
                ServiceId = service,
                Spec = spec,
                SpecVersion = new ObjectVersion { Index = 1 },
                Status = new SwarmTaskStatus { State = TaskState.New },
                DesiredState = TaskState.Running,
            };
            _waiting[task.Id] = task;
            _scheduler.SetTask(null, task);
        }
    }

    public void End(SwarmTask task)
    {
        var ended = task.Clone();
        ended.Status = new SwarmTaskStatus { State = TaskState.Complete };
        _placed.Remove(task.Id);
        _scheduler.SetTask(task, ended);
    }

    /// <summary>Plans, judges the plan, and commits it or fails to.</summary>
    public void Plan(DateTimeOffset now, bool commit)
    {
        var before = new Dictionary<string, SwarmTask>(_placed);
        var placed = new List<PlacementDecision>();
        foreach (var decision in _scheduler.Plan(now))
        {
            Assert.True(_waiting.ContainsKey(decision.Task.Id), $"{decision.Task} does not wait");
            if (decision.Node is null)
            {
                _told[decision.Task.Id] = decision.Explanation;
            }
            else
            {
                Place(decision);
                placed.Add(decision);
            }
        }

        foreach (var task in _waiting.Values.Where(t => !_placed.ContainsKey(t.Id)))
        {
            Assert.StartsWith("no suitable node", _told.GetValueOrDefault(task.Id), StringComparison.Ordinal);
            Assert.DoesNotContain(_nodes.Values, node => Fits(task, node, isFree: r => r >= 0));
        }

        if (commit)
        {
            placed.ForEach(Commit);
        }
        else
        {
            placed.ForEach(_scheduler.Undo);
            _placed.Clear();
            before.ToList().ForEach(t => _placed.Add(t.Key, t.Value));
        }

        Assert.Equal(_waiting.Count, _scheduler.Waiting);
    }

    private void Place(PlacementDecision decision)
    {
        var (task, node) = (decision.Task, _nodes[decision.Node!.Id]);
        Assert.Equal("", decision.Explanation);
        Assert.True(Fits(task, node, isFree: _ => true), $"{task} does not fit on {node}");
        var assigned = task.Clone();
        assigned.NodeId = node.Id;
        assigned.Status = new SwarmTaskStatus { State = TaskState.Assigned };
        _placed[task.Id] = assigned;
    }

    private void Commit(PlacementDecision decision)
    {
        _waiting.Remove(decision.Task.Id);
        _scheduler.SetTask(decision.Task, _placed[decision.Task.Id]);
    }

    /// <summary>Whether one more task like this may be placed on the node.</summary>
    /// <param name="task">The task.</param>
    /// <param name="node">The node.</param>
    /// <param name="isFree">
    /// Judges what is left of a resource that the task does not ask for: a node that has shrunk may have less than nothing of it, and both answers are
    /// right then.
    /// </param>
    private bool Fits(SwarmTask task, Node node, Func<long, bool> isFree)
    {
        var here = _placed.Values.Where(t => t.NodeId == node.Id).ToList();
        var need = task.Spec.Resources?.Reservations ?? new Resources();
        bool Enough(Func<Resources, long> amount)
        {
            var left = amount(node.Description.Resources) - here.Sum(t => amount(t.Spec.Resources?.Reservations ?? new Resources()));
            return amount(need) == 0 ? isFree(left) : amount(need) <= left;
        }

        var max = task.Spec.Placement?.MaxReplicas ?? 0;
        return node.Status.State == NodeStatus.Types.State.Ready
            && node.Spec.Availability == NodeSpec.Types.Availability.Active
            && (task.Spec.Placement?.Constraints.Count is null or 0 || node.Spec.Annotations.Labels.ContainsKey("disk"))
            && Enough(r => r.NanoCpus)
            && Enough(r => r.MemoryBytes)
            && (max == 0 || (ulong)here.Count(t => t.ServiceId == task.ServiceId) < max);
    }
}
