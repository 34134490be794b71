using System.Globalization;
using SwarmOrleans.Contracts;
using Phase = SwarmOrleans.Contracts.TaskExplanation.Types.Phase;

namespace SwarmOrleans.Orchestration;

/// <summary>Says what a service waits for: its tasks, its update, its restarts, its networks. Pure: always as current as the view it is asked about.</summary>
public static class ServiceExplainer
{
    /// <summary>Most reasons that are listed.</summary>
    public const int MaxReasons = 20;

    // A service has a few spec versions at once. Should there be more, the note that the scheduler left on the task has to do.
    private const int MaxLooks = 8;

    /// <summary>What keeps the service from being what its spec says.</summary>
    public static ServiceExplanation Explain(Service service, ExplainInput input)
    {
        ArgumentNullException.ThrowIfNull(service);
        ArgumentNullException.ThrowIfNull(input);
        var tasks = input.TasksOfService(service.Id);
        var work = new Workspace(new ServiceInput
        {
            Service = service,
            ServiceId = service.Id,
            Progress = input.FindProgress(service.Id),
            Cluster = input.Cluster,
            Tasks = tasks,
            FindNode = input.FindNode,
            AllNodes = input.AllNodes,
            Now = input.Now,
            Ids = RandomIdSource.Secure,
        });
        var wanted = tasks.Where(t => t.IsWanted() && !t.HasEnded()).ToList();
        var pending = wanted.FindAll(t => t.Observed() < TaskState.Assigned);
        var explanation = new ServiceExplanation
        {
            ServiceId = service.Id,
            Name = service.Spec.Annotations.Name,
            Desired = Desired(service, work),
            Running = (ulong)wanted.Count(t => t.Observed() == TaskState.Running && !TaskFacts.IsDown(input.FindNode(t.NodeId))),
            Starting = (ulong)wanted.Count(t => t.Observed() is >= TaskState.Assigned and < TaskState.Running),
            Pending = (ulong)pending.Count,
            Outdated = (ulong)wanted.Count(work.IsDirty),
            WaitsFor = service.WaitsFor,
            UpdateStatus = service.UpdateStatus,
            Holds = { ServiceHolds.Of(work) },
        };
        AddPending(explanation, pending, input);
        explanation.Summary = Summarize(explanation);
        return explanation;
    }

    private static ulong Desired(Service service, Workspace work) => service.Spec.ModeCase switch
    {
        _ when service.PendingDelete => 0,
        ServiceSpec.ModeOneofCase.Replicated => service.Spec.Replicated.Replicas,
        ServiceSpec.ModeOneofCase.ReplicatedJob => service.Spec.ReplicatedJob.MaxConcurrent,
        _ => (ulong)NodeTasks.OpenNodes(work).Count,
    };

    private static void AddPending(ServiceExplanation explanation, List<SwarmTask> pending, ExplainInput input)
    {
        var reasons = new Reasons(input);
        var groups = pending.GroupBy(t => (Phase: TaskExplainer.PhaseOf(t), Reason: reasons.Of(t)))
            .OrderByDescending(g => g.Count()).ThenBy(g => g.Key.Reason, StringComparer.Ordinal).ToList();
        explanation.PendingTasks.AddRange(groups.Take(MaxReasons).Select(g => new PendingTasks
        {
            Reason = g.Key.Reason,
            Phase = g.Key.Phase,
            Tasks = (ulong)g.Count(),
            ExampleTaskId = g.Select(t => t.Id).Min(StringComparer.Ordinal),
        }));
        explanation.PendingLeftOff = (ulong)groups.Skip(MaxReasons).Sum(g => g.Count());
    }

    private static string Summarize(ServiceExplanation explanation)
    {
        if (explanation.Holds.FirstOrDefault(h => h.Kind == Hold.Types.Kind.Removal) is { } removal)
        {
            return removal.Text;
        }

        string[] parts =
        [
            explanation.WaitsFor,
            explanation.PendingTasks.Count > 0 ? string.Create(CultureInfo.InvariantCulture, $"{explanation.Pending} tasks have no node: {explanation.PendingTasks[0].Reason}") : "",
            explanation.Starting > 0 ? string.Create(CultureInfo.InvariantCulture, $"{explanation.Starting} tasks are starting") : "",
            .. explanation.Holds.Select(h => h.Text),
        ];
        var text = string.Join("; ", parts.Where(p => p.Length > 0));
        return text.Length == 0 ? "nothing keeps it" : text;
    }

    /// <summary>Reasons by what tasks ask for, each looked into once.</summary>
    private sealed class Reasons(ExplainInput input)
    {
        private readonly List<(SwarmTask Sample, string Reason)> _known = [];

        public string Of(SwarmTask task)
        {
            if (TaskExplainer.PhaseOf(task) == Phase.Allocating)
            {
                return task.Status.Err;
            }

            if (task.NodeId.Length > 0)
            {
                return OnItsNode(task);
            }

            var known = _known.FindIndex(k => k.Sample.SpecVersion?.Index == task.SpecVersion?.Index && Equals(k.Sample.Spec, task.Spec) && Equals(k.Sample.Endpoint, task.Endpoint));
            if (known >= 0)
            {
                return _known[known].Reason;
            }

            if (_known.Count == MaxLooks)
            {
                return task.Status?.Err ?? "";
            }

            var reason = TaskExplainer.Summarize(task, new NodeExaminer(task, input).Explain(0), "");
            _known.Add((task, reason));
            return reason;
        }

        // Without the node's name, so that what is the same on many nodes is one reason.
        private string OnItsNode(SwarmTask task)
        {
            var placement = new NodeExaminer(task, input).Explain(1);
            return placement switch
            {
                { Nodes: 0 } => "the node that it was made for is no member of the swarm",
                { FittingNodes: > 0 } => "its node can run it: the scheduler has not come to it yet",
                _ => $"its node cannot run it: {string.Join("; ", placement.ShownNodes[0].Refusals.Select(r => r.Detail))}",
            };
        }
    }
}
