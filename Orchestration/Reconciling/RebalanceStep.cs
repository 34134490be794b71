using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;
using Move = SwarmOrleans.Contracts.RebalanceRun.Types.Move;
using Order = SwarmOrleans.Contracts.UpdateConfig.Types.UpdateOrder;
using State = SwarmOrleans.Contracts.RebalanceStatus.Types.State;

namespace SwarmOrleans.Orchestration;

/// <summary>
/// Moves a replicated service's running tasks towards an even spread, by itself or because an operator asked: a few at a time, in the order of its updates, and
/// only while nothing else is missing. A replacement is made for the node that the plan names; the scheduler confirms that it can run there.
/// </summary>
internal static class RebalanceStep
{
    /// <summary>Pause after a move, and age of a node, when the policy does not say.</summary>
    private static readonly TimeSpan DefaultCoolDown = TimeSpan.FromSeconds(30);

    /// <summary>How long a replacement may wait for its node before it goes anywhere.</summary>
    private static readonly TimeSpan PlacementPatience = TimeSpan.FromSeconds(10);

    /// <summary>How long a replacement may take to run, when the update settings do not say, before the task that still runs stays.</summary>
    private static readonly TimeSpan RunPatience = TimeSpan.FromMinutes(5);

    public static void Run(Workspace work)
    {
        var isAsked = work.Service.RebalanceStatus?.State == State.Requested;
        if (!isAsked && work.Service.Spec.Rebalance is null && work.Progress.Rebalance is null && work.Service.RebalanceStatus?.State != State.Moving)
        {
            return;
        }

        var run = work.Progress.Rebalance ??= new RebalanceRun();
        foreach (var move in work.Moves.All.ToList())
        {
            Observe(work, run, move);
        }

        if (isAsked || work.Service.Spec.Rebalance is not null)
        {
            Proceed(work, run, isAsked);
        }
        else if (work.Moves.Count == 0)
        {
            Complete(work, run, "");
            run.RestUntil = null;
        }

        Remember(work, run);
    }

    // Nothing that tells nothing is kept.
    private static void Remember(Workspace work, RebalanceRun run)
    {
        run.Moves.Clear();
        run.Moves.AddRange(work.Moves.All.OrderBy(m => m.Slot));
        if (run.RestUntil is { } rest && rest.ToDateTimeOffset() <= work.Now)
        {
            run.RestUntil = null;
        }

        if (run.Equals(new RebalanceRun()))
        {
            work.Progress.Rebalance = null;
        }
    }

    private static void Observe(Workspace work, RebalanceRun run, Move move)
    {
        var task = work.Find(move.TaskId);
        if (task is null || !task.IsWanted() || task.HasEnded())
        {
            // It failed, or an update, a drain or a scale took its slot over.
            End(work, run, move, task?.HasFailed() == true ? Rebalancer.FailureMemory : TimeSpan.Zero);
            return;
        }

        if (task.Observed() == TaskState.Running)
        {
            run.Moved++;
            End(work, run, move, CoolDown(work));
            return;
        }

        var isPlaced = task.Observed() >= TaskState.Assigned;
        var due = move.StartedAt.ToDateTimeOffset() + (isPlaced ? RunPatienceOf(work) : PlacementPatience);
        if (due > work.Now)
        {
            work.Wake(due);
            return;
        }

        var isSafe = work.Find(move.LeavingId) is { } leaving && leaving.IsWanted();
        if (isSafe || !isPlaced)
        {
            work.SetDesired(task, TaskState.Shutdown);
        }

        if (!isSafe && !isPlaced)
        {
            // Its node cannot take it after all, and its predecessor is gone: any other node will do.
            _ = StartStep.Create(work, SlotKey.Numbered(move.Slot));
        }

        End(work, run, move, Rebalancer.FailureMemory);
    }

    private static void End(Workspace work, RebalanceRun run, Move move, TimeSpan rest)
    {
        work.Moves.Remove(SlotKey.Numbered(move.Slot));
        var until = work.Now + rest;
        if (rest > TimeSpan.Zero && (run.RestUntil is null || run.RestUntil.ToDateTimeOffset() < until))
        {
            run.RestUntil = Timestamp.FromDateTimeOffset(until);
        }
    }

    private static void Proceed(Workspace work, RebalanceRun run, bool isAsked)
    {
        if (run.RestUntil?.ToDateTimeOffset() is { } rest && rest > work.Now)
        {
            work.Wake(rest);
            return;
        }

        var budget = Math.Max(1, (long)(work.Service.Spec.Rebalance?.MaxMoving ?? 0)) - Unsettled(work);
        if (budget <= 0)
        {
            return;
        }

        var plan = Rebalancer.Plan(
            new BalanceInput
            {
                Service = work.Service,
                Cluster = work.Cluster,
                Tasks = work.Tasks,
                AllNodes = () => work.Nodes,
                TasksOnNode = work.TasksOnNode,
                Now = work.Now,
                SteadyFor = isAsked ? TimeSpan.Zero : CoolDown(work),
                Leaving = work.Moves.All.Select(m => m.LeavingId).ToHashSet(),
                MayMove = t => !work.IsDirty(t) && RestartStep.IsDue(work, t),
            },
            (int)Math.Min(budget, int.MaxValue));
        foreach (var move in plan.Moves)
        {
            Begin(work, move);
        }

        if (plan.LookAgainAt is { } at)
        {
            work.Wake(at);
        }

        if (plan.Moves.Count > 0)
        {
            Announce(work, isAsked);
        }
        else if (work.Moves.Count == 0)
        {
            Complete(work, run, plan.Reason);
        }
    }

    // Slots in which anything is missing, stopping, waiting or out of date: they use up the budget.
    private static long Unsettled(Workspace work)
    {
        var slots = SlotView.Of(work);
        var wanted = (long)Math.Min(work.Service.Spec.Replicated?.Replicas ?? 0, long.MaxValue);
        return Math.Max(0, wanted - slots.Count) + slots.Count(s => work.Moves.Contains(s.Key) || !IsSettled(work, s));
    }

    private static bool IsSettled(Workspace work, SlotView slot) => slot.Updatable is [var only]
        && (!only.IsWanted() || (only.Observed() == TaskState.Running && OverlapStep.IsStaying(work, only)));

    private static void Begin(Workspace work, BalanceMove move)
    {
        var leaving = work.Find(move.Task.Id)!;
        var key = work.KeyOf(leaving);
        var isStartFirst = work.Service.Spec.Update?.Order == Order.StartFirst;
        if (!isStartFirst)
        {
            work.SetDesired(leaving, TaskState.Shutdown);
        }

        var next = isStartFirst ? work.Create(key, work.Goal) : StartStep.Create(work, key);
        next.NodeId = move.To.Id;
        work.Moves.Put(new Move { Slot = key.Slot, TaskId = next.Id, LeavingId = leaving.Id, StartedAt = work.Timestamp });
        work.Wake(work.Now + PlacementPatience);
    }

    private static void Announce(Workspace work, bool isAsked)
    {
        if (work.Service.RebalanceStatus is not { State: State.Moving or State.Requested, StartedAt: not null })
        {
            work.EditService().RebalanceStatus = new RebalanceStatus
            {
                State = isAsked ? State.Requested : State.Moving,
                StartedAt = work.Timestamp,
                Message = "tasks are being moved",
            };
        }
    }

    private static void Complete(Workspace work, RebalanceRun run, string reason)
    {
        if (work.Service.RebalanceStatus?.State is State.Moving or State.Requested)
        {
            var status = work.EditService().RebalanceStatus;
            (status.State, status.CompletedAt) = (State.Completed, work.Timestamp);
            status.Message = reason.Length > 0 ? $"nothing was moved: {reason}" : run.Moved == 1 ? "1 task moved" : $"{run.Moved} tasks moved";
        }

        run.Moved = 0;
    }

    private static TimeSpan CoolDown(Workspace work) =>
        work.Service.Spec.Rebalance is { } policy ? policy.CoolDown.Or(DefaultCoolDown) : TimeSpan.Zero;

    private static TimeSpan RunPatienceOf(Workspace work) =>
        work.Service.Spec.Update?.ProgressDeadline.Or(TimeSpan.Zero) is { } deadline && deadline > TimeSpan.Zero ? deadline : RunPatience;
}
