using SwarmOrleans.Contracts;
using Action = SwarmOrleans.Contracts.AssignmentChange.Types.AssignmentAction;
using Type = SwarmOrleans.Contracts.AssignmentsMessage.Types.Type;

namespace SwarmOrleans.Tests.Unit.Agent;

/// <summary>Tasks and messages as a manager sends them.</summary>
internal static class Assignments
{
    public static SwarmTask Task(string id = "t1", TaskState desired = TaskState.Running, TaskState state = TaskState.Assigned) => new()
    {
        Id = id,
        ServiceId = "svc",
        NodeId = "n1",
        Spec = new TaskSpec { Container = new ContainerSpec { Image = "v1" } },
        Status = new SwarmTaskStatus { State = state },
        DesiredState = desired,
    };

    public static AssignmentsMessage Complete(params SwarmTask[] tasks) => Message(Type.Complete, Action.Update, tasks);

    public static AssignmentsMessage Changed(params SwarmTask[] tasks) => Message(Type.Incremental, Action.Update, tasks);

    public static AssignmentsMessage Removed(params SwarmTask[] tasks) => Message(Type.Incremental, Action.Remove, tasks);

    /// <summary>The message with its place in the stream.</summary>
    public static AssignmentsMessage From(this AssignmentsMessage message, string appliesTo, string resultsIn)
    {
        message.AppliesTo = appliesTo;
        message.ResultsIn = resultsIn;
        return message;
    }

    private static AssignmentsMessage Message(Type type, Action action, SwarmTask[] tasks)
    {
        var message = new AssignmentsMessage { Type = type };
        message.Changes.AddRange(tasks.Select(t => new AssignmentChange { Action = action, Assignment = new Assignment { Task = t } }));
        return message;
    }
}
