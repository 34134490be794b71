using SwarmOrleans.Agent;
using SwarmOrleans.Contracts;
using SwarmOrleans.Tests.Simulation.Consensus;

namespace SwarmOrleans.Tests.Simulation.World;

/// <summary>One machine: its processes outlive the agent, but not the machine.</summary>
internal sealed class SimExecutor(SimGroup group, string hostname) : IExecutor
{
    private readonly Dictionary<string, TaskCompletionSource<int>> _processes = [];

    /// <summary>Ids of the tasks whose process runs.</summary>
    public IEnumerable<string> Running => _processes.Keys.Order(StringComparer.Ordinal);

    public Task<NodeDescription> DescribeAsync(CancellationToken cancellationToken) => Task.FromResult(new NodeDescription
    {
        Hostname = hostname,
        Platform = new Platform { Os = "linux", Architecture = "x86_64" },
        Resources = new Resources { NanoCpus = 64_000_000_000, MemoryBytes = 64L << 30 },
        Engine = new EngineDescription { EngineVersion = "1" },
    });

    public Task ConfigureAsync(Node node, CancellationToken cancellationToken) => Task.CompletedTask;

    public ITaskController CreateController(SwarmTask task, TaskFiles files) => new Controller(this, task.Id);

    /// <summary>A process ends with an exit code.</summary>
    public void End(string taskId, int exitCode)
    {
        if (_processes.Remove(taskId, out var process))
        {
            process.TrySetResult(exitCode);
        }
    }

    /// <summary>The machine loses power.</summary>
    public void EndAll()
    {
        foreach (var id in Running.ToList())
        {
            End(id, 137);
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private Task WorkAsync(int milliseconds, CancellationToken cancellationToken) =>
        Task.Delay(TimeSpan.FromMilliseconds(group.Random.Next(1, milliseconds)), group.Time, cancellationToken);

    private sealed class Controller(SimExecutor machine, string taskId) : ITaskController
    {
        public Task UpdateAsync(SwarmTask task, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task PrepareAsync(CancellationToken cancellationToken) => machine.WorkAsync(50, cancellationToken);

        public async Task StartAsync(CancellationToken cancellationToken)
        {
            await machine.WorkAsync(20, cancellationToken);
            machine._processes.TryAdd(taskId, new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        public async Task WaitAsync(CancellationToken cancellationToken)
        {
            var exitCode = 1;
            if (machine._processes.TryGetValue(taskId, out var process))
            {
                await process.Task.OrCancelledAsync(cancellationToken);
                exitCode = await process.Task;
            }

            if (exitCode != 0)
            {
                throw new TaskException($"task: non-zero exit ({exitCode})", exitCode: exitCode);
            }
        }

        public async Task ShutdownAsync(CancellationToken cancellationToken)
        {
            await machine.WorkAsync(20, cancellationToken);
            machine.End(taskId, 0);
        }

        public Task RemoveAsync(CancellationToken cancellationToken)
        {
            machine.End(taskId, 0);
            return Task.CompletedTask;
        }

        public Task<ContainerStatus?> GetStatusAsync(CancellationToken cancellationToken) => Task.FromResult<ContainerStatus?>(null);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
