using System.Globalization;
using SwarmOrleans.Contracts;
using SwarmOrleans.Store;
using Action = SwarmOrleans.Contracts.AssignmentChange.Types.AssignmentAction;

namespace SwarmOrleans.Silo.Dispatching;

/// <summary>What one agent has been told to run, and the messages that tell it what is new (B.6).</summary>
internal sealed class AssignmentSet(string nodeId)
{
    private readonly Dictionary<string, SwarmTask> _sent = [];
    private readonly AssignedDependencies _dependencies = new();
    private long _sequence;

    /// <summary>The first message: everything.</summary>
    public AssignmentsMessage Complete(StoreView view)
    {
        var message = Next(AssignmentsMessage.Types.Type.Complete);
        foreach (var task in view.Tasks.OfNode(nodeId).Where(IsAssigned))
        {
            Send(view, message.Changes, task);
        }

        return message;
    }

    /// <summary>What is new about these tasks, or about all when <paramref name="taskIds"/> is null; null when nothing is.</summary>
    public AssignmentsMessage? Change(StoreView view, IEnumerable<string>? taskIds)
    {
        // What a task that ends gives back may be what one that begins needs: releases come last.
        var changes = new List<AssignmentChange>();
        var ended = new List<string>();
        foreach (var id in taskIds ?? _sent.Keys.Union(view.Tasks.OfNode(nodeId).Select(t => t.Id)).ToList())
        {
            var task = view.Find<SwarmTask>(id);
            if (task is null || task.NodeId != nodeId)
            {
                if (_sent.Remove(id))
                {
                    changes.Add(Change(Action.Remove, new SwarmTask { Id = id }));
                    ended.Add(id);
                }

                continue;
            }

            if (IsAssigned(task) && IsNews(task))
            {
                Send(view, changes, task);
            }

            if (HasEnded(task))
            {
                ended.Add(id);
            }
        }

        ended.ForEach(id => _dependencies.Release(id, changes));
        if (changes.Count == 0)
        {
            return null;
        }

        var message = Next(AssignmentsMessage.Types.Type.Incremental);
        message.Changes.AddRange(changes);
        return message;
    }

    private static bool IsAssigned(SwarmTask task) => task.Status.State >= TaskState.Assigned;

    private static bool HasEnded(SwarmTask task) => task.Status.State > TaskState.Running;

    // States that the agent itself has reported are no news to it. What tasks have in common is shared in the store: comparing it costs nothing.
    private bool IsNews(SwarmTask task) =>
        !_sent.TryGetValue(task.Id, out var sent)
        || task.Status.State <= TaskState.Assigned
        || sent.DesiredState != task.DesiredState
        || !Equals(sent.SpecVersion, task.SpecVersion)
        || !Equals(sent.Spec, task.Spec)
        || !Equals(sent.ServiceAnnotations, task.ServiceAnnotations)
        || !Equals(sent.Endpoint, task.Endpoint)
        || !sent.Networks.Equals(task.Networks)
        || !sent.Volumes.Equals(task.Volumes)
        || !sent.AssignedGenericResources.Equals(task.AssignedGenericResources);

    private void Send(StoreView view, ICollection<AssignmentChange> changes, SwarmTask task)
    {
        if (!_sent.ContainsKey(task.Id) && !HasEnded(task))
        {
            _dependencies.Acquire(view, task, changes);
        }

        _sent[task.Id] = task;
        changes.Add(Change(Action.Update, task));
    }

    private static AssignmentChange Change(Action action, SwarmTask task) => new() { Action = action, Assignment = new Assignment { Task = task } };

    private AssignmentsMessage Next(AssignmentsMessage.Types.Type type) => new()
    {
        Type = type,
        AppliesTo = _sequence == 0 || type == AssignmentsMessage.Types.Type.Complete ? "" : _sequence.ToString(CultureInfo.InvariantCulture),
        ResultsIn = (++_sequence).ToString(CultureInfo.InvariantCulture),
    };
}
