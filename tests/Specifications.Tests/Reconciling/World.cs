using System.Collections.Immutable;
using SwarmOrleans.Contracts;
using SwarmOrleans.Tests.Specifications.Exploring;

namespace SwarmOrleans.Tests.Specifications.Reconciling;

/// <summary>What the scheduler, agents and nodes do by themselves.</summary>
internal static class World
{
    /// <summary>Everything that can happen to a task next, on the nodes as they are.</summary>
    public static IEnumerable<Step> StepsOf(int index, TaskRow task, ImmutableArray<NodeCondition> nodes)
    {
        if (task.Node >= 0 && task.Observed < TaskState.Assigned)
        {
            // Bound to its node from the beginning: the scheduler only says when.
            if (task.IsWanted && nodes[task.Node] == NodeCondition.Ready)
            {
                yield return new Step(Act.Assign, index, task.Node);
            }

            yield break;
        }

        if (task.Node < 0)
        {
            for (var node = 0; node < nodes.Length && task.IsWanted && !task.HasEnded; node++)
            {
                if (nodes[node] == NodeCondition.Ready)
                {
                    yield return new Step(Act.Assign, index, node);
                }
            }

            yield break;
        }

        if (task.HasEnded)
        {
            yield break;
        }

        var condition = nodes[task.Node];
        if (condition == NodeCondition.Down)
        {
            yield return Report(TaskState.Orphaned);
        }
        else if (condition != NodeCondition.Gone)
        {
            if (!task.IsWanted)
            {
                yield return Report(TaskState.Shutdown);
            }
            else if (task.Observed == TaskState.Assigned)
            {
                yield return Report(TaskState.Rejected);
                if (task.Desired > TaskState.Ready)
                {
                    yield return Report(TaskState.Running);
                }
            }

            // What runs may end by itself, whatever it is meant to do.
            if (task.Observed == TaskState.Running)
            {
                yield return Report(TaskState.Complete);
                yield return Report(TaskState.Failed);
            }
        }

        Step Report(TaskState state) => new(Act.Report, index, (int)state);
    }

    /// <summary>Everything that can happen to nodes. One of them stays a member, so that there is always somewhere to go.</summary>
    public static IEnumerable<Step> NodeSteps(ImmutableArray<NodeCondition> nodes, bool canVanish = true, bool canPause = false)
    {
        for (var i = 0; i < nodes.Length; i++)
        {
            switch (nodes[i])
            {
                case NodeCondition.Ready:
                    yield return Node(i, NodeCondition.Down);
                    yield return Node(i, NodeCondition.Drained);
                    if (canPause)
                    {
                        yield return Node(i, NodeCondition.Paused);
                    }

                    break;
                case NodeCondition.Drained or NodeCondition.Paused:
                    yield return Node(i, NodeCondition.Ready);
                    break;
                case NodeCondition.Down:
                    yield return Node(i, NodeCondition.Ready);
                    if (canVanish && !nodes.Contains(NodeCondition.Gone))
                    {
                        yield return Node(i, NodeCondition.Gone);
                        yield return new Step(Act.Vanish, i);
                    }

                    break;
            }
        }

        static Step Node(int index, NodeCondition condition) => new(Act.Node, index, (int)condition);
    }

    /// <summary>A task after a step.</summary>
    public static TaskRow After(TaskRow task, Step step) => step switch
    {
        { Act: Act.Assign } => task with { Node = step.Value, Observed = TaskState.Assigned },
        { Act: Act.Report } => task with { Observed = (TaskState)step.Value },

        // A node that is removed takes its tasks with it.
        { Act: Act.Node, Value: (int)NodeCondition.Gone } when task.Node == step.Item && !task.HasEnded => task with { Observed = TaskState.Orphaned },
        _ => task,
    };

    public static string KeyOf(ImmutableArray<NodeCondition> nodes, int[] names)
    {
        Span<char> key = stackalloc char[nodes.Length];
        for (var i = 0; i < nodes.Length; i++)
        {
            key[names[i]] = Canonical.Digit((int)nodes[i]);
        }

        return new string(key);
    }
}
