using SwarmOrleans.Contracts;

namespace SwarmOrleans.Agent;

/// <summary>A way to run tasks on this machine (C.4).</summary>
public interface IExecutor : IAsyncDisposable
{
    /// <summary>The machine: platform, resources, engine.</summary>
    Task<NodeDescription> DescribeAsync(CancellationToken cancellationToken);

    /// <summary>The node object as the managers see it has changed.</summary>
    Task ConfigureAsync(Node node, CancellationToken cancellationToken);

    /// <summary>A controller for a task, which may be running already from before a restart of the agent.</summary>
    /// <param name="task">The task, its templates expanded.</param>
    /// <param name="files">Its secrets and configs; the controller writes them when it prepares the task, they are removed at its end.</param>
    /// <exception cref="TaskException">The task can never run here.</exception>
    ITaskController CreateController(SwarmTask task, TaskFiles files);
}

/// <summary>Runs one task. Calls come one at a time; each can be cancelled, and made again after that or after a restart.</summary>
public interface ITaskController : IAsyncDisposable
{
    /// <summary>The task's assignment has changed.</summary>
    Task UpdateAsync(SwarmTask task, CancellationToken cancellationToken);

    /// <summary>Gets everything that the start needs: image, directories, container. Done already counts as success.</summary>
    Task PrepareAsync(CancellationToken cancellationToken);

    /// <summary>Starts it. Started already counts as success.</summary>
    Task StartAsync(CancellationToken cancellationToken);

    /// <summary>Waits until it ends.</summary>
    /// <exception cref="TaskException">It ended with a failure.</exception>
    Task WaitAsync(CancellationToken cancellationToken);

    /// <summary>Stops it with its signal, and kills it after its grace.</summary>
    Task ShutdownAsync(CancellationToken cancellationToken);

    /// <summary>Removes what it left behind, running or not.</summary>
    Task RemoveAsync(CancellationToken cancellationToken);

    /// <summary>Container or process id and exit code, as far as known.</summary>
    Task<ContainerStatus?> GetStatusAsync(CancellationToken cancellationToken);

    /// <summary>The ports that it has published on this machine since it was started, with the numbers that they have; null when it publishes none.</summary>
    Task<PortStatus?> GetPortsAsync(CancellationToken cancellationToken) => Task.FromResult<PortStatus?>(null);
}

/// <summary>A step of a task failed.</summary>
/// <param name="message">For the user: it becomes the task's error.</param>
/// <param name="isTemporary">True when the same step may succeed later.</param>
/// <param name="exitCode">Exit code of the process; 0 if there was none.</param>
/// <param name="inner">The cause.</param>
public sealed class TaskException(string message, bool isTemporary = false, int exitCode = 0, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>True when the same step may succeed later.</summary>
    public bool IsTemporary { get; } = isTemporary;

    /// <summary>Exit code of the process; 0 if there was none.</summary>
    public int ExitCode { get; } = exitCode;
}
