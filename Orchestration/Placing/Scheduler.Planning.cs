using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

// What is decided, and why not.
public sealed partial class Scheduler
{
    /// <summary>
    /// Decides about tasks that wait: first those made for their node, then the others, group by group. Placements count as made until
    /// <see cref="Undo"/>; tasks that were placed wait no longer. Tasks that go on waiting are given only when the reason is news to them.
    /// </summary>
    /// <param name="now">The time; failures older than five minutes are forgotten (SCH-16).</param>
    /// <param name="max">Most decisions to make; when there are more, <see cref="HasWork"/> stays true.</param>
    public IReadOnlyList<PlacementDecision> Plan(DateTimeOffset now, int max = int.MaxValue)
    {
        ForgetFailures(now);
        _hasWork = false;
        var decisions = new List<PlacementDecision>();
        if (_stopped.Count > 0)
        {
            PlanStops(decisions, max);
        }

        PlanPreassigned(decisions, max);
        ForEachWaiting(group => PlaceAll(group, decisions, max), decisions, max);

        // Only now is it known what the placements have left.
        ForEachWaiting(group => Tell(group, decisions, max), decisions, max);
        _hasWork |= decisions.Count >= max;
        _waitingGroups.RemoveAll(IsDone);
        return decisions;
    }

    private static bool IsDone(PlacementGroup group)
    {
        if (group.Waiting.StaysListed())
        {
            return false;
        }

        group.Blockage = null;
        return true;
    }

    private void PlanStops(List<PlacementDecision> decisions, int max)
    {
        foreach (var task in _stopped.Values.Take(max).ToList())
        {
            decisions.Add(new PlacementDecision(task, null, "") { Outcome = PlacementOutcome.Stopped });
            _stopped.Remove(task.Id);
        }
    }

    private void PlanPreassigned(List<PlacementDecision> decisions, int max)
    {
        if (_preassigned.Count == 0)
        {
            return;
        }

        var queue = _preassigned;
        _preassigned = [];
        for (var i = 0; i < queue.Count; i++)
        {
            if (decisions.Count >= max)
            {
                _preassigned.AddRange(queue[i..]);
                return;
            }

            ref var entry = ref CollectionsMarshal.GetValueRefOrNullRef(_tasks, queue[i].Id);
            if (IsWaiting(ref entry, queue[i]))
            {
                PlanPreassigned(queue[i], ref entry, decisions);
            }
        }
    }

    private void PlanPreassigned(SwarmTask task, ref TaskEntry entry, List<PlacementDecision> decisions)
    {
        var (group, node) = (entry.Group, NodeOf(task.NodeId));
        if (node.Node is null || Array.Find(group.Filters, f => !f.Passes(node)) is not { } failed)
        {
            if (node.Node is not null)
            {
                decisions.Add(Assign(task, ref entry, node, PlacementOutcome.Confirmed));
                return;
            }
        }
        else if (IsNews(task, failed.Count(1)))
        {
            decisions.Add(new PlacementDecision(task, null, failed.Count(1)));
        }

        (node.Blocked ??= []).Add(task);
    }

    private void ForEachWaiting(Action<PlacementGroup> plan, List<PlacementDecision> decisions, int max)
    {
        for (var i = 0; i < _waitingGroups.Count && decisions.Count < max; i++)
        {
            if (_waitingGroups[i].Waiting.Count > 0)
            {
                plan(_waitingGroups[i]);
            }
        }
    }

    private void PlaceAll(PlacementGroup group, List<PlacementDecision> decisions, int max)
    {
        if (group.Blockage is { } blockage && !Sync(group, blockage))
        {
            return;
        }

        group.Blockage = null;
        group.Waiting.Sort();
        _picker.Begin(group, PoolOf(group));
        var done = 0;
        for (; done < group.Waiting.All.Count && decisions.Count < max; done++)
        {
            var task = group.Waiting.All[done];
            ref var entry = ref CollectionsMarshal.GetValueRefOrNullRef(_tasks, task.Id);
            if (!IsWaiting(ref entry, task))
            {
                continue;
            }

            if (_picker.Next() is not { } node)
            {
                group.Blockage = new Blockage(group, _nodes, _log, _volumes);
                break;
            }

            decisions.Add(Assign(task, ref entry, node, PlacementOutcome.Assigned));
            _picker.Placed(node);
        }

        _picker.End();
        group.Waiting.Drop(done);
        group.Waiting.Told = 0;
    }

    private static bool Sync(PlacementGroup group, Blockage blockage)
    {
        var text = blockage.Text;
        var isPlaceable = blockage.Sync();
        if (!ReferenceEquals(text, blockage.Text))
        {
            group.Waiting.Told = 0;
        }

        return isPlaceable;
    }

    private PlacementDecision Assign(SwarmTask task, ref TaskEntry entry, NodeLoad node, PlacementOutcome outcome)
    {
        var group = entry.Group;
        var generic = node.Claim(group);
        IReadOnlyList<VolumeAttachment> volumes = group.VolumeMounts is null ? [] : _volumes.Choose(group.VolumeMounts, node) ?? [];
        var claims = TaskClaims.Of(generic, volumes);
        StopWaiting(ref entry);
        Place(task.Id, ref entry, node, task.DesiredState <= TaskState.Complete, claims);
        return new PlacementDecision(task, node.Node, "") { Outcome = outcome, Claims = claims };
    }

    private void Tell(PlacementGroup group, List<PlacementDecision> decisions, int max)
    {
        if (group.Blockage is not { } blockage)
        {
            return;
        }

        Sync(group, blockage);
        var waiting = group.Waiting;
        for (; waiting.Told < waiting.All.Count && decisions.Count < max; waiting.Told++)
        {
            var task = waiting.All[waiting.Told];
            if (IsWaiting(task) && IsNews(task, blockage.Text))
            {
                decisions.Add(new PlacementDecision(task, null, blockage.Text));
            }
        }

        if (waiting.All.Count > (2 * waiting.Count) + 16)
        {
            waiting.Compact(IsWaiting);
        }
    }

    // The same explanation written again would wake everybody for nothing.
    private static bool IsNews(SwarmTask task, string text) => task.Observed() != TaskState.Pending || task.Status.Err != text;

    private bool IsWaiting(SwarmTask task) => IsWaiting(ref CollectionsMarshal.GetValueRefOrNullRef(_tasks, task.Id), task);

    private static bool IsWaiting(ref TaskEntry entry, SwarmTask task) => !Unsafe.IsNullRef(ref entry) && ReferenceEquals(entry.Waiting, task);
}
