using System.Text;
using SwarmOrleans.Contracts;
using SwarmOrleans.Tests.Specifications.Exploring;
using SwarmOrleans.Tests.Specifications.Reconciling;
using Condition = SwarmOrleans.Contracts.RestartPolicy.Types.RestartCondition;

namespace SwarmOrleans.Tests.Specifications.Jobs;

/// <summary>The job of an exploration.</summary>
/// <param name="Total">Successes wanted; 0 for one on each node.</param>
/// <param name="Concurrent">How many may run at once.</param>
/// <param name="Condition">When a task is wanted again.</param>
/// <param name="Attempts">Restarts at most in a place; 0 for any number.</param>
internal sealed record JobSettings(int Total, int Concurrent, Condition Condition, int Attempts);

/// <summary>Jobs of both kinds: each place is run to one success, or is given up (JOB-2 to JOB-8, RST-5, RST-6).</summary>
internal sealed partial class JobSpecification(JobSettings settings) : IServiceSpecification<JobState>
{
    private const int MaxTasks = 4;
    private const int HistoryLimit = 2;
    private const int Delay = 1;

    private readonly bool _isGlobal = settings.Total == 0;

    public IEnumerable<JobState> Initial => [new([NodeCondition.Ready, NodeCondition.Ready], [], 0, System.Collections.Immutable.ImmutableSortedDictionary<int, (int, int)>.Empty)];

    public RealService Begin(JobState initial) => Services.Begin(
        s =>
        {
            s.Task.Restart = new RestartPolicy { Condition = settings.Condition, MaxAttempts = (ulong)settings.Attempts, Delay = Services.Units(Delay) };
            if (_isGlobal)
            {
                s.GlobalJob = new GlobalJob();
            }
            else
            {
                s.ReplicatedJob = new ReplicatedJob { TotalCompletions = (ulong)settings.Total, MaxConcurrent = (ulong)settings.Concurrent };
            }
        },
        HistoryLimit,
        initial.Nodes);

    /// <summary>The only thing a user does: let it run once more (JOB-2).</summary>
    public RealService Act(RealService real, int action)
    {
        var service = real.Service.Clone();
        service.Spec.Task.ForceUpdate++;
        service.SpecVersion = new ObjectVersion { Index = 2 };
        service.JobStatus = new JobStatus { JobIteration = new ObjectVersion { Index = 1 } };
        return real.With(service);
    }

    public (IEnumerable<TaskRow> Tasks, string Status) SeenIn(JobState state) => (state.Tasks.Select(t => t.Row), "");

    public string StatusOf(RealService real) => "";

    public IEnumerable<Step> Steps(JobState state)
    {
        if (state.Tasks.Count > MaxTasks)
        {
            return [];
        }

        var steps = Enumerable.Range(0, state.Tasks.Count).SelectMany(i => World.StepsOf(i, state.Tasks[i].Row, state.Nodes))
            .Concat(World.NodeSteps(state.Nodes, canPause: _isGlobal)).Append(new Step(Reconciling.Act.Tick));
        return state.Iteration == 0 ? steps.Append(new Step(Reconciling.Act.User)) : steps;
    }

    public JobState Apply(JobState state, Step step)
    {
        switch (step.Act)
        {
            case Reconciling.Act.Tick:
                return state.Map(t => t with { Age = Math.Min(t.Age + 1, RealService.OldAge), Hold = t.Hold?.Older() });
            case Reconciling.Act.User:
                return state with { Iteration = 1 };
            case Reconciling.Act.Node or Reconciling.Act.Vanish:
                var nodes = state.Nodes.SetItem(step.Item, step.Act == Reconciling.Act.Vanish ? NodeCondition.Gone : (NodeCondition)step.Value);
                return state.Map(t => t.With(World.After(t.Row, step))) with { Nodes = nodes };
            default:
                var task = state.Tasks[step.Item];
                return state with { Tasks = state.Tasks.SetItem(step.Item, task.With(World.After(task.Row, step))) };
        }
    }

    public string? Violation(JobState state)
    {
        foreach (var place in state.Tasks.Where(state.IsCurrent).GroupBy(t => t.PlaceIn(_isGlobal)))
        {
            if (place.Count(t => t.Row is { IsWanted: true, Desired: > TaskState.Ready, HasEnded: false } && !state.IsMisplaced(t)) > 1)
            {
                return "two tasks of one place are meant to run";
            }
        }

        if (!_isGlobal && state.Tasks.Count(t => state.IsCurrent(t) && t.Row is { IsWanted: true, HasEnded: false } && !state.IsMisplaced(t)) > settings.Concurrent)
        {
            return "more at once than allowed";
        }

        return settings.Attempts > 0 && state.Restarts.Values.Any(r => r.Count > settings.Attempts) ? "restarted more often than allowed" : null;
    }

    public IEnumerable<int[]> NamesIn(JobState state) => Canonical.BothNames;

    public (string Whole, Dictionary<(int Slot, int Node), StringBuilder> Slots) Parts(JobState state, int[] names)
    {
        var places = new Dictionary<(int, int), StringBuilder>();
        foreach (var task in state.Tasks)
        {
            var text = At(task.PlaceIn(_isGlobal));
            text.Append('/').Append(task.Row.Version).Append(Canonical.Name(names, task.Row.Node)).Append((int)task.Row.Observed).Append(',').Append((int)task.Row.Desired)
                .Append(Canonical.Digit(task.Age));
            if (task.Hold is { } hold)
            {
                text.Append(Canonical.Digit(hold.Delay)).Append(Canonical.Digit(hold.Patience));
            }
        }

        foreach (var (place, restarts) in state.Restarts)
        {
            At(place).Append('r').Append(restarts.Iteration).Append(restarts.Count);
        }

        return ($"{state.Iteration}{World.KeyOf(state.Nodes, names)}", places);

        // Slots are not alike: the lowest free one is taken first.
        StringBuilder At(int place)
        {
            var key = _isGlobal ? (0, place) : (place, -1);
            if (!places.TryGetValue(key, out var text))
            {
                places.Add(key, text = new StringBuilder().Append(_isGlobal ? Canonical.Name(names, place) : Canonical.Digit(place)));
            }

            return text;
        }
    }
}
