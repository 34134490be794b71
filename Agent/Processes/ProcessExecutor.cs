using SwarmOrleans.Contracts;

namespace SwarmOrleans.Agent.Processes;

/// <summary>
/// Runs each task's command as a process of this machine, under a small shell that outlives the agent: for laptops and CI without Docker, and for
/// plain binaries. The image is not looked at. A process opens its ports on the machine itself: they can only be published under their own numbers. It
/// finds its secrets and configs in the directories that the variables SWARM_SECRETS_DIR and SWARM_CONFIGS_DIR name.
/// </summary>
/// <param name="directory">One folder a task is made in it.</param>
/// <param name="hostname">Host name to describe the node by.</param>
/// <param name="time">Clock for polling and for the grace of a stop.</param>
public sealed class ProcessExecutor(string directory, string hostname, TimeProvider time) : IExecutor
{
    /// <inheritdoc />
    public Task<NodeDescription> DescribeAsync(CancellationToken cancellationToken) => Task.FromResult(new NodeDescription
    {
        Hostname = hostname,
        Platform = HostFacts.Platform,
        Resources = new Resources { NanoCpus = Environment.ProcessorCount * 1_000_000_000L, MemoryBytes = HostFacts.TotalMemory },
        Engine = new EngineDescription { EngineVersion = "process" },
    });

    /// <inheritdoc />
    public Task ConfigureAsync(Node node, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    public ITaskController CreateController(SwarmTask task, TaskFiles files)
    {
        ArgumentNullException.ThrowIfNull(task);
        var spec = task.Spec?.Container ?? throw new TaskException("the process executor runs container specs only");
        if (spec.Command.Count == 0 && spec.Args.Count == 0)
        {
            throw new TaskException("the process executor needs a command: the service's spec has neither command nor args (an image alone runs under Docker only)");
        }

        foreach (var port in HostPorts.Of(task).Where(p => p.PublishedPort != p.TargetPort))
        {
            throw new TaskException(
                $"the process executor cannot publish port {port.TargetPort} as {port.PublishedPort}: a process opens its ports itself, so both numbers must be the same");
        }

        return new ProcessController(task, files, Path.Combine(directory, task.Id), time);
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
