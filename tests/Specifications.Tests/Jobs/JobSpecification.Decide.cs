using SwarmOrleans.Contracts;
using SwarmOrleans.Tests.Specifications.Reconciling;
using Condition = SwarmOrleans.Contracts.RestartPolicy.Types.RestartCondition;

namespace SwarmOrleans.Tests.Specifications.Jobs;

internal sealed partial class JobSpecification
{
    private enum Place
    {
        Free,
        Running,
        Complete,
        GivenUp,
    }

    public IReadOnlyList<JobState> Decide(JobState state)
    {
        if (_isGlobal)
        {
            // GLO-5: what was on a node that is no member any more is history of nobody.
            state = state with { Tasks = state.Tasks.RemoveAll(t => state.Nodes[t.Row.Node] == NodeCondition.Gone) };
        }

        var known = state.Tasks.Count;
        state = Retire(state with { Restarts = Past(state) });
        for (var i = 0; i < state.Tasks.Count; i++)
        {
            state = Restart(state, i);
        }

        state = Create(StopBesideSuccess(state));
        state = state with { Tasks = [.. state.Tasks.Take(known), .. state.Tasks.Skip(known).OrderBy(t => t.PlaceIn(_isGlobal))] };
        state = state.Map(t => Start(state, t));
        state = Trim(state);

        // A place without any task has no past.
        return [state with { Restarts = Past(state) }];
    }

    private System.Collections.Immutable.ImmutableSortedDictionary<int, (int Iteration, int Count)> Past(JobState state) => state.Restarts.Count == 0
        ? state.Restarts
        : state.Restarts.RemoveRange(state.Restarts.Keys.Where(p => state.Tasks.TrueForAll(t => t.PlaceIn(_isGlobal) != p)));

    // JOB-5, JOB-7: what earlier iterations left is not wanted any more.
    private JobState Retire(JobState state) =>
        state.Map(t => state.IsCurrent(t) || (!_isGlobal && t.Row.HasEnded) ? t : t.Stop(TaskState.Remove));

    private JobState Restart(JobState state, int index)
    {
        var task = state.Tasks[index];
        var row = task.Row;

        // A success stays one, wherever its node is now.
        if (!row.IsWanted || !state.IsCurrent(task) || row.Observed == TaskState.Complete || !(row.HasEnded || state.IsMisplaced(task)))
        {
            return state;
        }

        // A node that takes no tasks gets none in the place of one that has ended there.
        var isOpen = !_isGlobal || state.Nodes[row.Node] == NodeCondition.Ready;
        if (isOpen && task.Hold is { Delay: > 0 })
        {
            return state;
        }

        var stopped = task.Stop(TaskState.Shutdown);
        if (!row.HasEnded && state.Nodes[row.Node] == NodeCondition.Gone)
        {
            stopped = stopped.With(stopped.Row with { Observed = TaskState.Orphaned });
        }

        state = state with { Tasks = state.Tasks.SetItem(index, stopped) };
        var place = task.PlaceIn(_isGlobal);
        if (!isOpen || !IsDue(state, stopped) || state.Tasks.Exists(t => t != stopped && t.PlaceIn(_isGlobal) == place && Stays(state, t)))
        {
            return state;
        }

        state = state with { Tasks = state.Tasks.Add(New(state, place, TaskState.Ready, new StartHold(state.IsMisplaced(task) ? 0 : Delay, StartHold.FullPatience))) };
        if (settings.Attempts > 0)
        {
            var before = state.Restarts.TryGetValue(place, out var r) && r.Iteration == state.Iteration ? r.Count : 0;
            state = state with { Restarts = state.Restarts.SetItem(place, (state.Iteration, before + 1)) };
        }

        return state;
    }

    // RST-5, RST-6, RST-8.
    private bool IsDue(JobState state, JobTask ended) => settings.Condition != Condition.None && ended.Row.Observed != TaskState.Complete
        && (settings.Attempts == 0 || !state.Restarts.TryGetValue(ended.PlaceIn(_isGlobal), out var r) || r.Iteration != state.Iteration || r.Count < settings.Attempts);

    // One success is enough: a node that came back may still be at what another has finished.
    private JobState StopBesideSuccess(JobState state) => state.Map(t =>
        state.IsCurrent(t) && t.Row.Observed != TaskState.Complete && PlaceOf(state, t.PlaceIn(_isGlobal)) == Place.Complete ? t.Stop(TaskState.Shutdown) : t);

    private Place PlaceOf(JobState state, int place)
    {
        var tasks = state.Tasks.FindAll(t => t.PlaceIn(_isGlobal) == place && state.IsCurrent(t));
        if (tasks.Exists(t => t.Row.Observed == TaskState.Complete))
        {
            return Place.Complete;
        }

        if (tasks.Exists(t => t.Row.IsWanted))
        {
            return Place.Running;
        }

        // Only a failure of its own gives a place up: not that its node went away.
        return tasks is [.., { Row.Observed: TaskState.Failed or TaskState.Rejected } last] && !IsDue(state, last) ? Place.GivenUp : Place.Free;
    }

    // JOB-4, JOB-5, JOB-7, JOB-8.
    private JobState Create(JobState state)
    {
        if (_isGlobal)
        {
            for (var node = 0; node < state.Nodes.Length; node++)
            {
                if (state.Nodes[node] == NodeCondition.Ready && PlaceOf(state, node) == Place.Free)
                {
                    state = Fill(state, node);
                }
            }

            return state;
        }

        for (var slot = 0; slot < settings.Total; slot++)
        {
            var places = Enumerable.Range(0, settings.Total).Select(s => PlaceOf(state, s)).ToList();
            if (places[slot] == Place.Free && places.Count(p => p == Place.Running) < settings.Concurrent)
            {
                state = Fill(state, slot);
            }
        }

        return state;
    }

    private JobState Fill(JobState state, int place)
    {
        var mustWait = state.Tasks.Exists(t => t.PlaceIn(_isGlobal) == place && IsStopping(state, t));
        return state with { Tasks = state.Tasks.Add(mustWait ? New(state, place, TaskState.Ready, new StartHold(0, StartHold.FullPatience)) : New(state, place, TaskState.Complete, null)) };
    }

    private JobTask Start(JobState state, JobTask task)
    {
        if (task.Row.Desired != TaskState.Ready || task.Hold is not { } hold)
        {
            return task;
        }

        return hold.Delay > 0 || (hold.Patience > 0 && state.Tasks.Exists(t => t.PlaceIn(_isGlobal) == task.PlaceIn(_isGlobal) && IsStopping(state, t)))
            ? task
            : task with { Row = task.Row with { Desired = TaskState.Complete }, Hold = null };
    }

    // REA-2 to REA-6: successes of this iteration and failures that gave a place up are no history.
    private JobState Trim(JobState state)
    {
        var tasks = state.Tasks.RemoveAll(t => t.Row.Desired == TaskState.Remove
            && (t.Row.Observed is < TaskState.Assigned or >= TaskState.Complete || (t.Row.Node >= 0 && state.Nodes[t.Row.Node] == NodeCondition.Gone)));
        foreach (var place in tasks.GroupBy(t => t.PlaceIn(_isGlobal)))
        {
            var kept = PlaceOf(state, place.Key) switch
            {
                Place.Complete => place.First(t => state.IsCurrent(t) && t.Row.Observed == TaskState.Complete),
                Place.GivenUp => place.Last(state.IsCurrent),
                _ => null,
            };
            var spent = place.Where(t => t != kept && t.Hold is null && (t.Row.HasEnded || t.Row is { Observed: < TaskState.Assigned, IsWanted: false })).OrderByDescending(t => t.Age);
            tasks = tasks.RemoveRange([.. spent.Take(Math.Max(0, place.Count() - HistoryLimit))]);
        }

        return state with { Tasks = tasks };
    }

    private static bool Stays(JobState state, JobTask task) => state.IsCurrent(task) && task.Row is { IsWanted: true, HasEnded: false } && !state.IsMisplaced(task);

    private static bool IsStopping(JobState state, JobTask task) => state.IsCurrent(task) && task.Row is { IsWanted: false, IsAlive: true } && !state.IsSilent(task);

    private JobTask New(JobState state, int place, TaskState desired, StartHold? hold) =>
        new(new TaskRow(_isGlobal ? 0 : place, state.Iteration, _isGlobal ? place : -1, TaskState.New, desired), 0, hold);
}
