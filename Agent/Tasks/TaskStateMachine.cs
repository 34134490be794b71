using SwarmOrleans.Contracts;

namespace SwarmOrleans.Agent;

/// <summary>What to do next about a task.</summary>
public enum TaskStep
{
    /// <summary>Nothing until the assignment changes.</summary>
    None,

    /// <summary>Only the state moves on.</summary>
    Advance,

    /// <summary>Call <see cref="ITaskController.PrepareAsync"/>.</summary>
    Prepare,

    /// <summary>Call <see cref="ITaskController.StartAsync"/>.</summary>
    Start,

    /// <summary>Call <see cref="ITaskController.WaitAsync"/>.</summary>
    Wait,

    /// <summary>Call <see cref="ITaskController.ShutdownAsync"/>.</summary>
    Shutdown,
}

/// <summary>The life of a task on its node (C.3), as a pure function.</summary>
public static class TaskStateMachine
{
    /// <summary>The next step, the state that its success leads to, and the message of that state.</summary>
    public static (TaskStep Step, TaskState State, string Message) Next(TaskState state, TaskState desired)
    {
        if (desired >= TaskState.Shutdown)
        {
            return state >= TaskState.Complete ? (TaskStep.None, state, "") : (TaskStep.Shutdown, TaskState.Shutdown, "shutdown");
        }

        // What has begun is brought to its end, even beyond the desired state.
        switch (state)
        {
            case TaskState.Preparing:
                return (TaskStep.Prepare, TaskState.Ready, "prepared");
            case TaskState.Starting:
                return (TaskStep.Start, TaskState.Running, "started");
            case TaskState.Running:
                return (TaskStep.Wait, TaskState.Complete, "finished");
        }

        if (state >= desired)
        {
            return (TaskStep.None, state, "");
        }

        return state switch
        {
            TaskState.New or TaskState.Pending or TaskState.Assigned => (TaskStep.Advance, TaskState.Accepted, "accepted"),
            TaskState.Accepted => (TaskStep.Advance, TaskState.Preparing, "preparing"),
            TaskState.Ready => (TaskStep.Advance, TaskState.Starting, "starting"),
            _ => (TaskStep.None, state, ""),
        };
    }

    /// <summary>Where a final error leads: REJECTED before it was to be started, FAILED from then on.</summary>
    public static TaskState OnError(TaskState state) => state < TaskState.Starting ? TaskState.Rejected : TaskState.Failed;
}
