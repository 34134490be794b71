using System.Text;
using SwarmOrleans.Contracts;
using SwarmOrleans.Tests.Specifications.Exploring;
using SwarmOrleans.Tests.Specifications.Reconciling;
using Condition = SwarmOrleans.Contracts.RestartPolicy.Types.RestartCondition;

namespace SwarmOrleans.Tests.Specifications.Restarting;

/// <summary>The restart policy of an exploration.</summary>
/// <param name="Condition">When a task is wanted again.</param>
/// <param name="Attempts">Restarts at most; 0 for any number.</param>
/// <param name="Window">Units in which they are counted; 0 for ever.</param>
/// <param name="History">Task objects kept in a slot.</param>
internal sealed record Policy(Condition Condition, int Attempts, int Window, int History);

/// <summary>
/// One slot of a replicated service: tasks end, nodes fail, and it is filled again as the restart policy says (RST-1 to RST-11, REP-7, REA-2 to REA-5).
/// </summary>
internal sealed class RestartSpecification(Policy policy) : IServiceSpecification<RestartState>
{
    private const int MaxTasks = 3;
    private const int Delay = 1;
    private const int OldAge = RealService.OldAge;

    public IEnumerable<RestartState> Initial => [new([NodeCondition.Ready, NodeCondition.Ready], [], 0, [])];

    public RealService Begin(RestartState initial)
    {
        var restart = new RestartPolicy { Condition = policy.Condition, MaxAttempts = (ulong)policy.Attempts, Delay = Services.Units(Delay) };
        if (policy.Window > 0)
        {
            restart.Window = Services.Units(policy.Window);
        }

        return Services.Begin(s => (s.Replicated, s.Task.Restart) = (new ReplicatedService { Replicas = 1 }, restart), policy.History, initial.Nodes);
    }

    public RealService Act(RealService real, int action) => throw new ArgumentOutOfRangeException(nameof(action));

    public (IEnumerable<TaskRow> Tasks, string Status) SeenIn(RestartState state) => (state.Tasks.Select(t => t.Row), "");

    public string StatusOf(RealService real) => "";

    public IEnumerable<Step> Steps(RestartState state)
    {
        if (state.Tasks.Count > MaxTasks)
        {
            return [];
        }

        return Enumerable.Range(0, state.Tasks.Count).SelectMany(i => World.StepsOf(i, state.Tasks[i].Row, state.Nodes))
            .Concat(World.NodeSteps(state.Nodes)).Append(new Step(Reconciling.Act.Tick));
    }

    public RestartState Apply(RestartState state, Step step)
    {
        switch (step.Act)
        {
            case Reconciling.Act.Tick:
                return state with
                {
                    Tasks = [.. state.Tasks.Select(t => t with { Age = Math.Min(t.Age + 1, OldAge), Hold = t.Hold?.Older() })],
                    Times = [.. state.Times.Select(a => a + 1).Where(a => a < OldAge)],
                };
            case Reconciling.Act.Delete:
                return state with { Tasks = state.Tasks.RemoveAt(step.Item) };
            case Reconciling.Act.Node or Reconciling.Act.Vanish:
                var nodes = state.Nodes.SetItem(step.Item, step.Act == Reconciling.Act.Vanish ? NodeCondition.Gone : (NodeCondition)step.Value);
                return state with { Nodes = nodes, Tasks = [.. state.Tasks.Select(t => Changed(t, World.After(t.Row, step)))] };
            default:
                var task = state.Tasks[step.Item];
                return state with { Tasks = state.Tasks.SetItem(step.Item, Changed(task, World.After(task.Row, step))) };
        }
    }

    public string? Violation(RestartState state)
    {
        var started = state.Tasks.Count(t => t.Row is { IsWanted: true, Desired: > TaskState.Ready, HasEnded: false } && !state.IsMisplaced(t));
        if (started > 1)
        {
            return "two tasks of the slot are meant to run";
        }

        if (policy is { Attempts: > 0, Window: 0 } && state.Restarts > policy.Attempts)
        {
            return "restarted more often than allowed";
        }

        return state.Tasks.Exists(t => t.Hold is not null && t.Row.Desired != TaskState.Ready) ? "held although not READY" : null;
    }

    public IReadOnlyList<RestartState> Decide(RestartState state)
    {
        for (var i = 0; i < state.Tasks.Count; i++)
        {
            state = Restart(state, i);
        }

        state = Fill(state);
        state = state with { Tasks = [.. state.Tasks.Select(t => Start(state, t))] };
        return [Trim(state)];
    }

    public IEnumerable<int[]> NamesIn(RestartState state)
    {
        // Nodes that are alike are told apart by the first task that is on one of them.
        var first = state.Tasks.Find(t => t.Row.Node >= 0)?.Row.Node ?? 0;
        var order = state.Nodes[0].CompareTo(state.Nodes[1]);
        yield return Canonical.BothNames[order > 0 || (order == 0 && first == 1) ? 1 : 0];
    }

    public (string Whole, Dictionary<(int Slot, int Node), StringBuilder> Slots) Parts(RestartState state, int[] names)
    {
        var text = new StringBuilder();
        foreach (var task in state.Tasks)
        {
            text.Append(Canonical.Name(names, task.Row.Node)).Append((int)task.Row.Observed).Append(',').Append((int)task.Row.Desired).Append(Canonical.Digit(task.Age))
                .Append(task.IsLast ? 'l' : '.');
            if (task.Hold is { } hold)
            {
                text.Append(Canonical.Digit(hold.Delay)).Append(Canonical.Digit(hold.Patience));
            }
        }

        return (World.KeyOf(state.Nodes, names), new() { [(1, -1)] = text.Append(';').Append(state.Restarts).Append(string.Join(',', state.Times)) });
    }

    // RST-1: what ended or is misplaced is to stop, and if the policy wants it and nobody else stays in the slot, another is made.
    private RestartState Restart(RestartState state, int index)
    {
        var task = state.Tasks[index];
        if (!task.Row.IsWanted || !(task.Row.HasEnded || state.IsMisplaced(task)) || task.Hold is { Delay: > 0 })
        {
            return state;
        }

        // A task that went with its node ends when that is seen.
        var row = task.Row with { Desired = TaskState.Shutdown };
        if (!row.HasEnded && state.Nodes[row.Node] == NodeCondition.Gone)
        {
            row = row with { Observed = TaskState.Orphaned };
        }

        var stopped = Changed(task, row) with { Hold = null };
        var mayFollow = IsDue(state, stopped);
        var isDue = mayFollow && !state.Tasks.Exists(t => t != task && Stays(state, t));
        state = state with { Tasks = state.Tasks.SetItem(index, stopped with { IsLast = !mayFollow }) };
        if (!isDue)
        {
            return state;
        }

        // RST-2, and our difference: nothing is gained by waiting when it is the node that cannot run it.
        var hold = new StartHold(state.IsMisplaced(task) ? 0 : Delay, StartHold.FullPatience);
        state = state with { Tasks = state.Tasks.Add(New(state, TaskState.Ready, hold)) };
        return policy.Attempts == 0 ? state : Record(state);
    }

    // RST-5, RST-8, RST-9.
    private bool IsDue(RestartState state, RestartTask ended)
    {
        if (policy.Condition == Condition.None || (policy.Condition == Condition.OnFailure && ended.Row.Observed == TaskState.Complete))
        {
            return false;
        }

        return policy.Attempts == 0
            || (policy.Window == 0 ? state.Restarts : state.Times.Count(a => a > ended.Age && a < ended.Age + policy.Window)) < policy.Attempts;
    }

    // RST-10.
    private RestartState Record(RestartState state) => state with
    {
        Restarts = policy.Window == 0 ? state.Restarts + 1 : 0,
        Times = policy.Window == 0 ? state.Times : state.Times.RemoveAll(a => a > policy.Window).Add(0),
    };

    // REP-7, REP-8: a slot is filled by what is meant to run, or by a task after which none is due.
    private RestartState Fill(RestartState state)
    {
        if (state.Tasks.IsEmpty)
        {
            state = state with { Restarts = 0, Times = [] };
        }

        if (state.Tasks.Exists(t => t.Row.IsWanted || t.IsLast))
        {
            return state;
        }

        // Its end may have been heard of only after it was given up, and be another than was thought.
        if (state.Tasks is [.., var last] && !IsDue(state, last))
        {
            return state with { Tasks = state.Tasks.SetItem(state.Tasks.Count - 1, last with { IsLast = true }) };
        }

        var mustWait = state.Tasks.Exists(t => IsStopping(state, t));
        return state with { Tasks = state.Tasks.Add(mustWait ? New(state, TaskState.Ready, new StartHold(0, StartHold.FullPatience)) : New(state, TaskState.Running, null)) };
    }

    // RST-3, RST-4.
    private static RestartTask Start(RestartState state, RestartTask task)
    {
        if (task.Row.Desired != TaskState.Ready)
        {
            return task;
        }

        var hold = task.Hold!.Value;
        return hold.Delay > 0 || (hold.Patience > 0 && state.Tasks.Exists(t => IsStopping(state, t)))
            ? task
            : task with { Row = task.Row with { Desired = TaskState.Running }, Hold = null };
    }

    // REA-2 to REA-5.
    private RestartState Trim(RestartState state)
    {
        var excess = state.Tasks.Count - policy.History;
        var spent = state.Tasks.Select((t, i) => (Task: t, Index: i)).Where(t => (t.Task is { Row.HasEnded: true, IsLast: false, Hold: null }) || t.Task.Row is { Observed: < TaskState.Assigned, IsWanted: false })
            .OrderByDescending(t => t.Task.Age).ThenBy(t => t.Index).Take(Math.Max(0, excess)).Select(t => t.Task).ToList();
        return state with { Tasks = state.Tasks.RemoveRange(spent) };
    }

    private static bool Stays(RestartState state, RestartTask task) => task.Row is { IsWanted: true, HasEnded: false } && !state.IsMisplaced(task);

    private static bool IsStopping(RestartState state, RestartTask task) => task.Row is { IsWanted: false, IsAlive: true } && !state.IsSilent(task);

    private static RestartTask New(RestartState state, TaskState desired, StartHold? hold) => new(new TaskRow(1, 1, -1, TaskState.New, desired), 0, hold);

    private static RestartTask Changed(RestartTask task, TaskRow row) => row.Observed == task.Row.Observed ? task with { Row = row } : task with { Row = row, Age = 0, IsLast = false };
}
