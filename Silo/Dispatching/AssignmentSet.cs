using System.Globalization;
using SwarmOrleans.Contracts;
using SwarmOrleans.Store;

namespace SwarmOrleans.Silo.Dispatching;

/// <summary>What one agent has been told to run, and the messages that tell it what is new (B.6).</summary>
internal sealed class AssignmentSet(string nodeId)
{
    private readonly Dictionary<string, SwarmTask> _sent = [];
    private long _sequence;

    /// <summary>The first message: everything.</summary>
    public AssignmentsMessage Complete(StoreView view)
    {
        var message = Next(AssignmentsMessage.Types.Type.Complete);
        foreach (var task in view.Tasks.OfNode(nodeId).Where(IsAssigned))
        {
            Send(message, task);
        }

        return message;
    }

    /// <summary>What is new about these tasks, or about all when <paramref name="taskIds"/> is null; null when nothing is.</summary>
    public AssignmentsMessage? Change(StoreView view, IEnumerable<string>? taskIds)
    {
        var message = new AssignmentsMessage();
        foreach (var id in taskIds ?? _sent.Keys.Union(view.Tasks.OfNode(nodeId).Select(t => t.Id)).ToList())
        {
            var task = view.Find<SwarmTask>(id);
            if (task is null || task.NodeId != nodeId)
            {
                if (_sent.Remove(id))
                {
                    message.Changes.Add(Change(AssignmentChange.Types.AssignmentAction.Remove, new SwarmTask { Id = id }));
                }
            }
            else if (IsAssigned(task) && IsNews(task))
            {
                Send(message, task);
            }
        }

        if (message.Changes.Count == 0)
        {
            return null;
        }

        var numbered = Next(AssignmentsMessage.Types.Type.Incremental);
        numbered.Changes.AddRange(message.Changes);
        return numbered;
    }

    private static bool IsAssigned(SwarmTask task) => task.Status.State >= TaskState.Assigned;

    // States that the agent itself has reported are no news to it.
    private bool IsNews(SwarmTask task) =>
        !_sent.TryGetValue(task.Id, out var sent) || sent.DesiredState != task.DesiredState || !Equals(sent.SpecVersion, task.SpecVersion);

    private void Send(AssignmentsMessage message, SwarmTask task)
    {
        _sent[task.Id] = task;
        message.Changes.Add(Change(AssignmentChange.Types.AssignmentAction.Update, task));
    }

    private static AssignmentChange Change(AssignmentChange.Types.AssignmentAction action, SwarmTask task) =>
        new() { Action = action, Assignment = new Assignment { Task = task } };

    private AssignmentsMessage Next(AssignmentsMessage.Types.Type type) => new()
    {
        Type = type,
        AppliesTo = _sequence == 0 || type == AssignmentsMessage.Types.Type.Complete ? "" : _sequence.ToString(CultureInfo.InvariantCulture),
        ResultsIn = (++_sequence).ToString(CultureInfo.InvariantCulture),
    };
}
