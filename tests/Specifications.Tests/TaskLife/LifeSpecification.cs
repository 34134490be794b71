using System.Collections.Immutable;
using SwarmOrleans.Contracts;
using SwarmOrleans.Tests.Specifications.Exploring;

namespace SwarmOrleans.Tests.Specifications.TaskLife;

/// <summary>
/// The life of a task between a manager and its agent, over streams that lose, repeat and reorder (TM-1 to TM-5, DSP-4, C.3). An agent that restarts
/// goes on from its database, which is what it was: nothing apart.
/// </summary>
internal static class LifeSpecification
{
    /// <summary>States that a manager wishes for.</summary>
    public static readonly ImmutableArray<TaskState> Wishes = [TaskState.Ready, TaskState.Running, TaskState.Complete, TaskState.Shutdown, TaskState.Remove];

    private const int MaxUnderWay = 2;
    private static readonly ImmutableSortedSet<TaskState> Nothing = [];

    public static IEnumerable<LifeState> Initial =>
        Wishes.Take(3).Select(w => new LifeState(TaskState.New, w, false, TaskState.New, TaskState.New, Nothing, Nothing));

    public static IEnumerable<LifeStep> Steps(LifeState state)
    {
        foreach (var wish in Wishes.Where(w => w > state.Desired))
        {
            yield return new LifeStep(LifeAct.Wish, wish);
        }

        if (state.Stored == TaskState.New)
        {
            yield return new LifeStep(LifeAct.Place, TaskState.Pending);
        }
        else if (state is { Stored: TaskState.Pending, Desired: <= TaskState.Complete })
        {
            yield return new LifeStep(LifeAct.Place, TaskState.Assigned);
        }
        else if (state.Stored is >= TaskState.Assigned and <= TaskState.Running)
        {
            yield return new LifeStep(LifeAct.End, TaskState.Rejected);
            yield return new LifeStep(LifeAct.End, TaskState.Orphaned);
        }

        if (state.Stored >= TaskState.Assigned && state.Assignments.Count < MaxUnderWay)
        {
            yield return new LifeStep(LifeAct.Send, state.Desired);
        }

        foreach (var wish in state.Assignments)
        {
            yield return new LifeStep(LifeAct.Receive, wish);
        }

        if (state.IsKnown)
        {
            if (Next(state.Local, state.Wish) is { } reached)
            {
                yield return new LifeStep(LifeAct.Succeed, reached);
                if (reached != TaskState.Shutdown)
                {
                    yield return new LifeStep(LifeAct.Fail, AfterError(state.Local));
                }
            }

            if (state.Reports.Count < MaxUnderWay)
            {
                yield return new LifeStep(LifeAct.Report, state.Local);
            }
        }

        foreach (var report in state.Reports)
        {
            yield return new LifeStep(LifeAct.Store, report);
        }
    }

    public static LifeState Apply(LifeState state, LifeStep step) => step.Act switch
    {
        LifeAct.Wish => state with { Desired = step.State },
        LifeAct.Place or LifeAct.End => state with { Stored = step.State },
        LifeAct.Send => state with { Assignments = state.Assignments.Add(step.State) },
        LifeAct.Receive => Received(state, step.State),
        LifeAct.Succeed or LifeAct.Fail => state with { Local = step.State },
        LifeAct.Report => state with { Reports = state.Reports.Add(step.State) },

        // TM-1: equal is accepted, lower is dropped. What is delivered may be delivered again.
        _ => state with { Stored = IsAccepted(state.Stored, step.State) ? step.State : state.Stored, Reports = state.Reports.Remove(step.State) },
    };

    /// <summary>Where the next success leads; null when there is nothing to do (C.3, TM-5).</summary>
    public static TaskState? Next(TaskState state, TaskState wish)
    {
        if (wish >= TaskState.Shutdown)
        {
            return state < TaskState.Complete ? TaskState.Shutdown : null;
        }

        return state switch
        {
            // What has begun is brought to its end.
            TaskState.Preparing => TaskState.Ready,
            TaskState.Starting => TaskState.Running,
            TaskState.Running => TaskState.Complete,
            < TaskState.Accepted when state < wish => TaskState.Accepted,
            TaskState.Accepted when state < wish => TaskState.Preparing,
            TaskState.Ready when state < wish => TaskState.Starting,
            _ => null,
        };
    }

    /// <summary>REJECTED while it could not be started, FAILED from then on (TM-5).</summary>
    public static TaskState AfterError(TaskState state) => state < TaskState.Starting ? TaskState.Rejected : TaskState.Failed;

    /// <summary>A report of that state is stored over what is there (TM-1).</summary>
    public static bool IsAccepted(TaskState stored, TaskState reported) => reported >= stored;

    /// <summary>What must hold from one state to the next.</summary>
    public static void Check(LifeState before, LifeStep step, LifeState after)
    {
        Require(after.Stored >= before.Stored, "the stored state goes back");
        Require(after.Desired >= before.Desired, "the desired state goes back");
        Require(after.Local >= before.Local || !before.IsKnown, "the agent's state goes back");
        Require(after.Wish >= before.Wish, "the agent takes an old wish for a new one");
        Require(step.Act != LifeAct.Succeed || step.State != TaskState.Starting || before.Wish > TaskState.Ready, "it starts although it is only to be made ready");
        Require(step.Act != LifeAct.Succeed || step.State is < TaskState.Starting or TaskState.Shutdown || before.Local >= TaskState.Ready, "it starts unprepared");
        Require(!before.IsKnown || before.Local < TaskState.Complete || after.Local == before.Local, "it begins again after its end");
        Require(!after.IsKnown || after.Stored >= TaskState.Assigned, "an agent has what nobody assigned");

        void Require(bool holds, string otherwise)
        {
            if (!holds)
            {
                throw new SpecificationException($"{otherwise}: {before}; {step}; {after}");
            }
        }
    }

    private static LifeState Received(LifeState state, TaskState wish)
    {
        var known = state.IsKnown
            ? state with { Wish = wish > state.Wish ? wish : state.Wish }

            // An agent that knew it no more would begin with what the manager knows; this one never forgets.
            : state with { IsKnown = true, Local = state.Stored, Wish = wish };
        return known with { Assignments = state.Assignments.Remove(wish) };
    }
}
