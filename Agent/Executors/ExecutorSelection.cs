using SwarmOrleans.Agent.Docker;
using SwarmOrleans.Agent.Processes;

namespace SwarmOrleans.Agent;

/// <summary>Which executor a node uses.</summary>
public enum ExecutorKind
{
    /// <summary>Docker if its socket answers, else processes.</summary>
    Auto,

    /// <summary>Docker.</summary>
    Docker,

    /// <summary>Processes.</summary>
    Process,
}

/// <summary>Makes the executor that the operator asked for.</summary>
public static class ExecutorSelection
{
    /// <summary>The executor.</summary>
    /// <param name="kind">What was asked for.</param>
    /// <param name="engine">Address of the Docker engine.</param>
    /// <param name="directory">Where processes keep their files.</param>
    /// <param name="hostname">Host name to describe the node by.</param>
    /// <param name="time">Clock.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="TaskException">Docker was asked for and does not answer.</exception>
    public static async Task<IExecutor> CreateAsync(
        ExecutorKind kind, Uri engine, string directory, string hostname, TimeProvider time, CancellationToken cancellationToken)
    {
        if (kind != ExecutorKind.Process)
        {
            try
            {
                return await DockerExecutor.ConnectAsync(engine, cancellationToken);
            }
            catch (TaskException) when (kind == ExecutorKind.Auto)
            {
                // No engine here: processes it is.
            }
        }

        return new ProcessExecutor(directory, hostname, time);
    }
}
