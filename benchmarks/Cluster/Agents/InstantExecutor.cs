using SwarmOrleans.Agent;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Benchmarks.ClusterLoad.Agents;

/// <summary>Tasks that do everything at once and run until they are stopped: what is left is the orchestrator's own time.</summary>
internal sealed class InstantExecutor(string hostname) : IExecutor
{
    public Task<NodeDescription> DescribeAsync(CancellationToken cancellationToken) => Task.FromResult(new NodeDescription
    {
        Hostname = hostname,
        Platform = new Platform { Os = "linux", Architecture = "x86_64" },
        Resources = new Resources { NanoCpus = 1_000_000_000_000, MemoryBytes = 1L << 40 },
        Engine = new EngineDescription { EngineVersion = "instant" },
    });

    public Task ConfigureAsync(Node node, CancellationToken cancellationToken) => Task.CompletedTask;

    public ITaskController CreateController(SwarmTask task, TaskFiles files) => new Controller();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private sealed class Controller : ITaskController
    {
        private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task UpdateAsync(SwarmTask task, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task PrepareAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task WaitAsync(CancellationToken cancellationToken) => _stopped.Task.WaitAsync(cancellationToken);

        public Task ShutdownAsync(CancellationToken cancellationToken)
        {
            _stopped.TrySetResult();
            return Task.CompletedTask;
        }

        public Task RemoveAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task<ContainerStatus?> GetStatusAsync(CancellationToken cancellationToken) => Task.FromResult<ContainerStatus?>(null);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
