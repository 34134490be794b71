using Grpc.Core;
using Microsoft.Extensions.Logging;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Agent;

/// <summary>
/// The agent of a node: keeps a session with some manager, runs what it assigns, reports what became of it (C.1). A lost manager never stops a task.
/// </summary>
public sealed partial class SwarmAgent(AgentOptions options)
{
    private static readonly TimeSpan FirstBackoff = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan MaxBackoff = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan FirstMessagePatience = TimeSpan.FromSeconds(5);

    private readonly StatusReporter _reporter = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ILogger _logger = options.Logger;
    private string _sessionId = "";
    private TimeSpan _backoff;

    /// <summary>Completes with the first session.</summary>
    public Task Ready => _ready.Task;

    /// <summary>Runs until cancelled.</summary>
    /// <param name="stopTasks">Asked at the end: true to stop the tasks, false to leave them running for adoption.</param>
    /// <param name="cancellationToken">Ends the agent.</param>
    public async Task RunAsync(Func<bool> stopTasks, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(stopTasks);
        var inputs = new TaskInputs(new DependencySet(), options.FilesDirectory, DescribeAsync);
        var worker = new Worker(options.Executor, options.Database, inputs, options.TimeProvider, _reporter);
        worker.Adopt();
        try
        {
            while (true)
            {
                await RunOnceAsync(worker, cancellationToken);
                _backoff = FirstBackoff + (2 * _backoff) < MaxBackoff ? FirstBackoff + (2 * _backoff) : MaxBackoff;
                var pause = TimeSpan.FromTicks((long)(_backoff.Ticks * options.Random.NextDouble()));
                await Task.Delay(pause, options.TimeProvider, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Asked to end.
        }
        finally
        {
            await worker.StopAsync(stopTasks(), CancellationToken.None);
        }
    }

    private async Task RunOnceAsync(Worker worker, CancellationToken cancellationToken)
    {
        var link = options.Managers.Pick();
        if (link is null)
        {
            return;
        }

        await using (link)
        {
            try
            {
                await RunSessionAsync(worker, link, cancellationToken);
            }
            catch (Exception e) when (
                e is RpcException or IOException or TimeoutException or OperationCanceledException or ObjectDisposedException or InvalidDataException
                    or TaskException)
            {
                cancellationToken.ThrowIfCancellationRequested();
                LogSessionEnded(link.Address, e is RpcException rpc ? rpc.Status.Detail : e.Message);
                options.Managers.ReportFailure(link);
            }
        }
    }

    private async Task RunSessionAsync(Worker worker, IManagerLink link, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var description = await DescribeAsync(cancellationToken);
        var request = new SessionRequest { Description = description, SessionId = _sessionId };
        await using var messages = link.Dispatcher.SessionAsync(request, ending.Token).GetAsyncEnumerator(ending.Token);
        var first = messages.MoveNextAsync().AsTask();
        try
        {
            if (!await first.WaitAsync(FirstMessagePatience, options.TimeProvider, cancellationToken))
            {
                throw new IOException("the manager ended the session before it began");
            }
        }
        catch
        {
            ending.Cancel();
            await EndedAsync(first);
            throw;
        }

        _sessionId = messages.Current.SessionId;
        _backoff = TimeSpan.Zero;
        await HandleAsync(messages.Current, ending.Token);
        LogSessionBegun(link.Address, _sessionId);
        worker.ReportAll();
        _ready.TrySetResult();
        await EndWithFirstAsync(
            ending,
            ListenAsync(messages, ending.Token),
            HeartbeatAsync(link.Dispatcher, ending.Token),
            AssignAsync(worker, link.Dispatcher, ending.Token),
            _reporter.RunAsync(_sessionId, link.Dispatcher, ending.Token),
            WatchDescriptionAsync(description, ending.Token));
    }

    private async Task<NodeDescription> DescribeAsync(CancellationToken cancellationToken)
    {
        var description = await options.Executor.DescribeAsync(cancellationToken);
        if (options.Hostname.Length > 0)
        {
            description.Hostname = options.Hostname;
        }

        return description;
    }

    private static async Task EndWithFirstAsync(CancellationTokenSource ending, params Task[] parts)
    {
        var first = await Task.WhenAny(parts);
        ending.Cancel();
        foreach (var part in parts)
        {
            await EndedAsync(part);
        }

        await first;
    }

    private static async Task EndedAsync(Task part)
    {
        try
        {
            await part;
        }
#pragma warning disable CA1031 // Why it ended is of no interest: it was told to.
        catch (Exception)
#pragma warning restore CA1031
        {
            // Ended.
        }
    }

    private async Task ListenAsync(IAsyncEnumerator<SessionMessage> messages, CancellationToken cancellationToken)
    {
        while (await messages.MoveNextAsync())
        {
            await HandleAsync(messages.Current, cancellationToken);
        }

        throw new IOException("the manager ended the session");
    }

    private async Task HandleAsync(SessionMessage message, CancellationToken cancellationToken)
    {
        options.Managers.Observe(message.Managers);
        options.OnSessionMessage?.Invoke(message);
        if (message.Node is not null)
        {
            await options.Executor.ConfigureAsync(message.Node, cancellationToken);
        }
    }

    private async Task HeartbeatAsync(IDispatcherClient dispatcher, CancellationToken cancellationToken)
    {
        while (true)
        {
            var period = await dispatcher.HeartbeatAsync(_sessionId, cancellationToken);
            await Task.Delay(period, options.TimeProvider, cancellationToken);
        }
    }

    private async Task AssignAsync(Worker worker, IDispatcherClient dispatcher, CancellationToken cancellationToken)
    {
        while (true)
        {
            var expected = "";
            await foreach (var message in dispatcher.AssignmentsAsync(_sessionId, cancellationToken))
            {
                if (message.Type == AssignmentsMessage.Types.Type.Incremental && message.AppliesTo != expected)
                {
                    // Something was missed: the next stream begins with everything.
                    break;
                }

                worker.Apply(message);
                expected = message.ResultsIn;
            }

            cancellationToken.ThrowIfCancellationRequested();
            if (expected.Length == 0)
            {
                throw new IOException("the manager ended the assignments");
            }
        }
    }

    // The machine may change while the agent runs: a new description needs a new session.
    private async Task WatchDescriptionAsync(NodeDescription described, CancellationToken cancellationToken)
    {
        while (true)
        {
            await Task.Delay(TimeSpan.FromSeconds(20), options.TimeProvider, cancellationToken);
            var now = await options.Executor.DescribeAsync(cancellationToken);
            now.Hostname = described.Hostname;
            if (!now.Equals(described))
            {
                throw new IOException("the node's description has changed");
            }
        }
    }

    [LoggerMessage(6001, LogLevel.Information, "session {SessionId} with manager {Manager} begun")]
    private partial void LogSessionBegun(string manager, string sessionId);

    [LoggerMessage(6002, LogLevel.Warning, "session with manager {Manager} ended: {Reason}")]
    private partial void LogSessionEnded(string manager, string reason);
}
