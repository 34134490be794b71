using SwarmOrleans.Contracts;

namespace SwarmOrleans.Silo.Dispatching;

/// <summary>One agent's session with this manager: what has changed for it since it was last told.</summary>
internal sealed class AgentSession(string nodeId, string sessionId)
{
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _ended = new();
    private HashSet<string> _dirtyTasks = [];
    private bool _isResync;

    public string NodeId => nodeId;

    public string SessionId => sessionId;

    /// <summary>Something that the session messages carry has changed.</summary>
    public AsyncSignal MessageChanged { get; } = new();

    /// <summary>A task of the node has changed.</summary>
    public AsyncSignal TasksChanged { get; } = new();

    /// <summary>Cancelled when the session is over.</summary>
    public CancellationToken Ended => _ended.Token;

    /// <summary>Why it is over.</summary>
    public DispatcherException? EndReason { get; private set; }

    /// <summary>Until when the next heartbeat must come, in ticks of the monotonic clock.</summary>
    public long Deadline { get; set; }

    /// <summary>The deadline under which it waits in the dispatcher's queue.</summary>
    public long QueuedFor { get; set; }

    public void MarkTask(string taskId)
    {
        lock (_lock)
        {
            _dirtyTasks.Add(taskId);
        }

        TasksChanged.Set();
    }

    /// <summary>Changes were missed: everything must be compared again.</summary>
    public void MarkAll()
    {
        lock (_lock)
        {
            _isResync = true;
        }

        TasksChanged.Set();
        MessageChanged.Set();
    }

    public (HashSet<string> Tasks, bool IsResync) TakeDirty()
    {
        lock (_lock)
        {
            var taken = (_dirtyTasks, _isResync);
            _dirtyTasks = [];
            _isResync = false;
            return taken;
        }
    }

    public void End(DispatcherException reason)
    {
        EndReason ??= reason;
        _ended.Cancel();
    }
}

/// <summary>Why a dispatcher refuses or ends something; the names are gRPC's status codes.</summary>
public enum DispatcherError
{
    /// <summary>The session is not the node's current one.</summary>
    InvalidArgument,

    /// <summary>The node is not known or has no session here.</summary>
    NotFound,

    /// <summary>The task belongs to another node.</summary>
    PermissionDenied,

    /// <summary>This manager cannot serve now; another may.</summary>
    Unavailable,

    /// <summary>The agent must turn to another manager.</summary>
    Aborted,
}

/// <summary>A dispatcher's refusal.</summary>
public sealed class DispatcherException(DispatcherError error, string message) : Exception(message)
{
    /// <summary>The kind of refusal.</summary>
    public DispatcherError Error { get; } = error;
}
