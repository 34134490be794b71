using SwarmOrleans.Agent;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Tests.Unit.Agent;

/// <summary>Executes nothing: notes what is asked of it, and lets each step last and end as a test says.</summary>
internal sealed class FakeExecutor : IExecutor
{
    private readonly Dictionary<string, Queue<Exception>> _failures = [];
    private readonly Dictionary<string, TaskCompletionSource> _underWay = [];
    private readonly Dictionary<string, Exception> _ends = [];

    /// <summary>Every call, as in "t1 prepare", and "t1 prepare cancelled" when one was cut off.</summary>
    public List<string> Calls { get; } = [];

    /// <summary>Steps that last until <see cref="Finish"/>; all others are done at once.</summary>
    public HashSet<string> Lasting { get; } = ["wait"];

    /// <summary>Why no controller can be made; null when it can.</summary>
    public TaskException? Refusal { get; set; }

    /// <summary>Why the machine cannot be described; null when it can.</summary>
    public Exception? Silence { get; set; }

    public NodeDescription Description { get; set; } = new() { Hostname = "machine" };

    public List<Node> Configured { get; } = [];

    /// <summary>What the runtime says of each task.</summary>
    public ContainerStatus? Container { get; set; }

    /// <summary>Ports that the runtime publishes.</summary>
    public PortStatus? Ports { get; set; }

    /// <summary>The next call of that step fails.</summary>
    public void FailNext(string step, Exception error)
    {
        if (!_failures.TryGetValue(step, out var queue))
        {
            _failures.Add(step, queue = new Queue<Exception>());
        }

        queue.Enqueue(error);
    }

    /// <summary>Ends a call that lasts.</summary>
    public void Finish(string call, Exception? error = null)
    {
        if (error is not null)
        {
            _ends[call] = error;
        }

        Assert.True(_underWay.Remove(call, out var signal), $"{call} is not under way");
        signal.SetResult();
    }

    public Task<NodeDescription> DescribeAsync(CancellationToken cancellationToken) =>
        Silence is null ? Task.FromResult(Description.Clone()) : Task.FromException<NodeDescription>(Silence);

    public Task ConfigureAsync(Node node, CancellationToken cancellationToken)
    {
        Configured.Add(node);
        return Task.CompletedTask;
    }

    public ITaskController CreateController(SwarmTask task, TaskFiles files) => Refusal is null ? new Controller(this, task.Id) : throw Refusal;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Inputs of tasks that use neither secrets nor configs.</summary>
    public TaskInputs Inputs => new(new DependencySet(), Path.Combine(Path.GetTempPath(), "no-files"), DescribeAsync);

    private async Task DoAsync(string taskId, string step, CancellationToken cancellationToken)
    {
        var call = $"{taskId} {step}";
        Calls.Add(call);
        if (_failures.TryGetValue(step, out var failures) && failures.TryDequeue(out var failure))
        {
            throw failure;
        }

        if (!Lasting.Contains(step))
        {
            return;
        }

        var signal = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _underWay[call] = signal;
        try
        {
            await signal.Task.OrCancelledAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            _underWay.Remove(call);
            Calls.Add($"{call} cancelled");
            throw;
        }

        if (_ends.Remove(call, out var error))
        {
            throw error;
        }
    }

    private sealed class Controller(FakeExecutor executor, string taskId) : ITaskController
    {
        public Task UpdateAsync(SwarmTask task, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task PrepareAsync(CancellationToken cancellationToken) => executor.DoAsync(taskId, "prepare", cancellationToken);

        public Task StartAsync(CancellationToken cancellationToken) => executor.DoAsync(taskId, "start", cancellationToken);

        public Task WaitAsync(CancellationToken cancellationToken) => executor.DoAsync(taskId, "wait", cancellationToken);

        public Task ShutdownAsync(CancellationToken cancellationToken) => executor.DoAsync(taskId, "shutdown", cancellationToken);

        public Task RemoveAsync(CancellationToken cancellationToken) => executor.DoAsync(taskId, "remove", cancellationToken);

        public Task<ContainerStatus?> GetStatusAsync(CancellationToken cancellationToken) => Task.FromResult(executor.Container?.Clone());

        public Task<PortStatus?> GetPortsAsync(CancellationToken cancellationToken) => Task.FromResult(executor.Ports?.Clone());

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
