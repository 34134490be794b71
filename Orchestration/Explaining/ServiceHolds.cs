using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;
using Kind = SwarmOrleans.Contracts.Hold.Types.Kind;
using State = SwarmOrleans.Contracts.UpdateStatus.Types.UpdateState;

namespace SwarmOrleans.Orchestration;

/// <summary>What a service's reconciler does only later, or not by itself: one entry a kind, however many tasks it is about.</summary>
internal static class ServiceHolds
{
    public static IReadOnlyList<Hold> Of(Workspace work)
    {
        var holds = new List<Hold?>();
        if (work.Service.PendingDelete)
        {
            return [new Hold { Kind = Kind.Removal, Text = "the service is being removed: it goes when its tasks have stopped", Count = (ulong)work.Tasks.Count }];
        }

        AddUpdate(holds, work);
        AddStarts(holds, work);
        AddGivenUp(holds, work);
        AddRebalance(holds, work);
        return [.. holds.OfType<Hold>()];
    }

    private static void AddUpdate(List<Hold?> holds, Workspace work)
    {
        var slots = SlotView.Of(work);
        var run = work.Progress.Update;
        var tried = (run?.Slots ?? []).Select(s => new SlotKey(s.Slot_, s.NodeId)).ToHashSet();
        var behind = (ulong)slots.Count(s => !tried.Contains(s.Key) && Array.Exists(s.Updatable, work.IsDirty));
        if (work.Service.UpdateStatus is { State: State.Paused or State.RollbackPaused } paused)
        {
            holds.Add(new Hold { Kind = Kind.UpdatePaused, Text = $"{paused.Message}; \"service resume\" lets it go on", Count = behind });
        }
        else if (run is { Done: false } && run.SpecVersion == work.SpecVersion)
        {
            AddRun(holds, work, run, behind);
        }
    }

    private static void AddRun(List<Hold?> holds, Workspace work, UpdateRun run, ulong behind)
    {
        var config = UpdateStep.ConfigOf(work.Service);
        var (deadline, delay) = (config.ProgressDeadline.Or(TimeSpan.Zero), config.Delay.Or(TimeSpan.Zero));
        var underWay = run.Slots.Where(s => s.SettledAt is null).ToList();
        holds.Add(Of(
            Kind.UpdateUnderWay,
            underWay,
            s => s.TaskId,
            s => deadline > TimeSpan.Zero ? s.StartedAt?.ToDateTimeOffset() + deadline : null,
            string.Create(CultureInfo.InvariantCulture, $"the replaced tasks are not running yet; {behind} slots wait for their turn")));
        var resting = run.Slots.Where(s => s.SettledAt is not null && s.SettledAt.ToDateTimeOffset() + delay > work.Now).ToList();
        if (behind > 0)
        {
            holds.Add(Of(
                Kind.UpdateDelay,
                resting,
                s => s.TaskId,
                s => s.SettledAt.ToDateTimeOffset() + delay,
                string.Create(CultureInfo.InvariantCulture, $"the update pauses after each slot; {behind} slots wait for their turn")));
        }
        else if (underWay.Count == 0 && config.FailureAction != UpdateConfig.Types.FailureAction.Continue)
        {
            var monitor = UpdateWatch.Monitor(config);
            var watched = run.Slots.Where(s => s.SettledAt.ToDateTimeOffset() + monitor > work.Now).OrderByDescending(s => s.SettledAt).ToList();
            var end = watched.Count > 0 ? watched[0].SettledAt.ToDateTimeOffset() + monitor : (DateTimeOffset?)null;
            holds.Add(Of(Kind.UpdateMonitor, watched, s => s.TaskId, _ => end, "all slots are updated; tasks that fail still count against the update"));
        }
    }

    private static void AddStarts(List<Hold?> holds, Workspace work)
    {
        var starts = work.Starts.All.Where(s => work.Find(s.TaskId) is { DesiredState: TaskState.Ready }).ToList();
        holds.Add(Of(
            Kind.RestartDelay,
            starts.FindAll(s => s.NotBefore.ToDateTimeOffset() > work.Now),
            s => s.TaskId,
            s => s.NotBefore.ToDateTimeOffset(),
            "the delay of the restart policy has not passed"));
        holds.Add(Of(
            Kind.PredecessorStops,
            starts.FindAll(s => s.NotBefore.ToDateTimeOffset() <= work.Now),
            s => s.TaskId,
            s => s.GiveUpAt.ToDateTimeOffset(),
            "the task before it in its slot has not stopped yet"));
    }

    private static void AddGivenUp(List<Hold?> holds, Workspace work)
    {
        var ended = work.Slots.Select(work.InSlot).Where(tasks => !Array.Exists(tasks, t => t.IsWanted()))
            .Select(SlotView.Newest).OfType<SwarmTask>()
            .Where(t => t.DesiredState < TaskState.Remove && JobFacts.IsCurrent(work, t) && !RestartStep.IsDue(work, t)).ToList();
        holds.Add(Of(
            Kind.RestartAttempts,
            ended.FindAll(IsOutOfAttempts),
            t => t.Id,
            _ => null,
            "failed as often as the restart policy allows; an update begins to count anew"));
        holds.Add(Of(Kind.RestartCondition, ended.FindAll(t => !IsOutOfAttempts(t)), t => t.Id, _ => null, "ended, and the restart policy does not want them again"));
    }

    private static bool IsOutOfAttempts(SwarmTask task) => task.Condition() switch
    {
        RestartPolicy.Types.RestartCondition.None => false,
        RestartPolicy.Types.RestartCondition.OnFailure => task.Observed() != TaskState.Complete,
        _ => task.Spec?.Restart?.MaxAttempts > 0,
    };

    private static void AddRebalance(List<Hold?> holds, Workspace work)
    {
        holds.Add(Of(Kind.RebalanceMoves, [.. work.Moves.All], m => m.TaskId, _ => null, "tasks are being moved towards balance"));
        if (work.Progress.Rebalance?.RestUntil is { } rest && rest.ToDateTimeOffset() > work.Now)
        {
            holds.Add(new Hold { Kind = Kind.RebalanceRest, Text = "no further task is moved towards balance for a while", Until = rest });
        }
    }

    private static Hold? Of<T>(Kind kind, IReadOnlyList<T> about, Func<T, string> taskOf, Func<T, DateTimeOffset?> until, string text)
    {
        if (about.Count == 0)
        {
            return null;
        }

        var first = about.MinBy(a => until(a) ?? DateTimeOffset.MaxValue)!;
        return new Hold
        {
            Kind = kind,
            Text = text,
            Count = (ulong)about.Count,
            ExampleTaskId = taskOf(first),
            Until = until(first) is { } at ? Timestamp.FromDateTimeOffset(at) : null,
        };
    }
}
