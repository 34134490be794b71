using SwarmOrleans.Contracts;
using SwarmOrleans.Store;

namespace SwarmOrleans.Tests.Simulation.World;

/// <summary>What must hold after every single commit, whatever goes wrong.</summary>
internal sealed class Invariants(SwarmStore observer)
{
    private StoreView _before = observer.Current;

    /// <summary>Transitions of tasks looked at so far.</summary>
    public long Checked { get; private set; }

    /// <summary>Compares the state with the one before.</summary>
    public void Check()
    {
        var (before, now) = (_before, observer.Current);
        _before = now;
        foreach (var task in now.All<SwarmTask>())
        {
            var old = before.Find<SwarmTask>(task.Id);
            if (ReferenceEquals(old, task))
            {
                continue;
            }

            Checked++;
            Assert.True(old is null || task.Status.State >= old.Status.State, $"task {task.Id} went back from {old?.Status.State} to {task.Status.State}");
            Assert.True(old is null || task.DesiredState >= old.DesiredState, $"task {task.Id} is wanted {task.DesiredState} again after {old?.DesiredState}");
            Assert.True(old is null || old.NodeId.Length == 0 || old.NodeId == task.NodeId, $"task {task.Id} moved from {old?.NodeId} to {task.NodeId}");
            CheckPlacement(old, task, now);
            CheckSlot(task, now);
        }
    }

    // A task is only ever given to a node that was ready and active then.
    private static void CheckPlacement(SwarmTask? old, SwarmTask task, StoreView now)
    {
        if (task.NodeId.Length > 0 && old?.NodeId is null or "" && now.Find<Node>(task.NodeId) is { } node
            && node.Meta.Version.Index < task.Meta.Version.Index)
        {
            Assert.True(
                node.Status.State == NodeStatus.Types.State.Ready && node.Spec.Availability == NodeSpec.Types.Availability.Active,
                $"task {task.Id} was given to node {node.Id}, which is {node.Status.State} and {node.Spec.Availability}");
        }
    }

    // All services here stop a task before they start its successor.
    private static void CheckSlot(SwarmTask task, StoreView now)
    {
        var wanted = now.Tasks.OfService(task.ServiceId)
            .Where(t => t.Slot == task.Slot && t.DesiredState == TaskState.Running && t.Status.State <= TaskState.Running)
            .ToList();
        Assert.True(wanted.Count <= 1, $"slot {task.Slot} of {task.ServiceId} wants {string.Join(" and ", wanted.Select(t => t.Id))} to run");
    }
}
