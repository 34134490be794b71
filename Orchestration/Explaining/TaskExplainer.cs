using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;
using Phase = SwarmOrleans.Contracts.TaskExplanation.Types.Phase;

namespace SwarmOrleans.Orchestration;

/// <summary>Says what a task waits for. Pure: always as current as the view it is asked about.</summary>
public static class TaskExplainer
{
    /// <summary>Nodes that are shown when nobody says how many.</summary>
    public const int DefaultNodes = 20;

    /// <summary>Most nodes that are shown.</summary>
    public const int MaxNodes = 1000;

    /// <summary>Why the task does not run, or that nothing keeps it from running.</summary>
    /// <param name="task">The task.</param>
    /// <param name="input">The view.</param>
    /// <param name="limit">Most nodes to show; the counts are of all nodes.</param>
    public static TaskExplanation Explain(SwarmTask task, ExplainInput input, int limit = DefaultNodes)
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(input);
        var explanation = new TaskExplanation
        {
            TaskId = task.Id,
            ServiceId = task.ServiceId,
            ServiceName = task.ServiceAnnotations?.Name ?? "",
            Slot = task.Slot,
            NodeId = task.NodeId,
            NodeName = NameOf(task.NodeId, input),
            DesiredState = task.DesiredState,
            State = task.Observed(),
            Phase = PhaseOf(task),
        };
        if (explanation.Phase == Phase.Placing)
        {
            explanation.Placement = new NodeExaminer(task, input).Explain(limit);
        }

        explanation.Summary = Summarize(task, explanation, input);
        return explanation;
    }

    /// <summary>Where the task is on its way.</summary>
    internal static Phase PhaseOf(SwarmTask task) => task switch
    {
        _ when task.HasEnded() => Phase.Ended,
        _ when !task.IsWanted() => Phase.Stopping,
        _ when task.Observed() == TaskState.Running => Phase.Running,
        { DesiredState: TaskState.Ready } when task.Observed() == TaskState.Ready => Phase.Held,
        _ when task.Observed() >= TaskState.Assigned => Phase.Starting,
        _ when task.Status?.Err.StartsWith(TaskNetworks.NotePrefix, StringComparison.Ordinal) == true => Phase.Allocating,
        _ => Phase.Placing,
    };

    /// <summary>Why a task of that placement has no node, or that it will have one.</summary>
    internal static string Summarize(SwarmTask task, PlacementExplanation placement, string nodeName)
    {
        if (task.NodeId.Length == 0)
        {
            return placement.FittingNodes == 0
                ? placement.Text
                : string.Create(
                    CultureInfo.InvariantCulture, $"{placement.FittingNodes} of {placement.Nodes} nodes can run it: the scheduler has not come to it yet");
        }

        return placement switch
        {
            { Nodes: 0 } => $"node {task.NodeId}, which it was made for, is no member of the swarm",
            { FittingNodes: > 0 } => $"node {nodeName}, which it was made for, can run it: the scheduler has not come to it yet",
            _ => $"node {nodeName}, which it was made for, cannot run it: {string.Join("; ", placement.ShownNodes.SelectMany(n => n.Refusals).Select(r => r.Detail))}",
        };
    }

    private static string Summarize(SwarmTask task, TaskExplanation explanation, ExplainInput input)
    {
        var note = task.Status?.Err is { Length: > 0 } error ? $": {error}" : "";
        switch (explanation.Phase)
        {
            case Phase.Allocating:
                return task.Status!.Err;
            case Phase.Placing:
                return Summarize(task, explanation.Placement, explanation.NodeName);
            case Phase.Held:
                return Hold(task, explanation, input);
            case Phase.Ended:
                return $"it has ended, {Word(task.Observed())}{note}";
            case Phase.Stopping:
                return task.NodeId.Length == 0 ? "it is not wanted any more" : $"it is to stop on node {explanation.NodeName}";
        }

        var node = input.FindNode(task.NodeId);
        return node switch
        {
            null => $"node {task.NodeId} is no member of the swarm any more: its service replaces it",
            _ when TaskFacts.IsDown(node) => $"node {explanation.NodeName} is DOWN: its service replaces it",
            _ when explanation.Phase == Phase.Running => $"it runs on node {explanation.NodeName}",
            _ => $"node {explanation.NodeName} is at it, {Word(task.Observed())}{note}",
        };
    }

    private static string Hold(SwarmTask task, TaskExplanation explanation, ExplainInput input)
    {
        var start = input.FindProgress(task.ServiceId)?.Starts.FirstOrDefault(s => s.TaskId == task.Id);
        if (start is null)
        {
            return "it is ready: its service has not let it start yet";
        }

        var isDelayed = start.NotBefore.ToDateTimeOffset() > input.Now;
        explanation.Until = isDelayed ? start.NotBefore : start.GiveUpAt;
        return isDelayed
            ? $"it is ready, and starts when the delay of its restart has passed, at {Time(explanation.Until)}"
            : $"it is ready, and starts when the task before it has stopped, at {Time(explanation.Until)} at the latest";
    }

    private static string NameOf(string nodeId, ExplainInput input) =>
        nodeId.Length == 0 ? "" : input.FindNode(nodeId) is { } node ? node.DisplayName() : nodeId;

    private static string Word(TaskState state) => state.ToString().ToUpperInvariant();

    private static string Time(Timestamp time) => time.ToDateTimeOffset().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
