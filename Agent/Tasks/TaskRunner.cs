using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Agent;

/// <summary>Takes one task from state to state (C.3) until it is removed.</summary>
internal sealed class TaskRunner
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(1);

    private readonly IExecutor _executor;
    private readonly TaskInputs _inputs;
    private readonly TimeProvider _time;
    private readonly Action<string, SwarmTaskStatus> _report;
    private readonly CancellationTokenSource _stop = new();
    private CancellationTokenSource _step = new();
    private TaskCompletionSource _changed = New();
    private SwarmTask _task;
    private SwarmTaskStatus _status;
    private ITaskController? _controller;
    private Task _running = Task.CompletedTask;

    public TaskRunner(SwarmTask task, IExecutor executor, TaskInputs inputs, TimeProvider time, Action<string, SwarmTaskStatus> report)
    {
        _task = task;
        _status = task.Status?.Clone() ?? new SwarmTaskStatus { State = TaskState.Assigned };
        (_executor, _inputs, _time, _report) = (executor, inputs, time, report);
    }

    public SwarmTaskStatus Status => Volatile.Read(ref _status);

    public void Start() => _running = RunAsync();

    /// <summary>The assignment as it is now; one with a lower desired state is an old one.</summary>
    public void Update(SwarmTask task)
    {
        if (task.DesiredState < _task.DesiredState)
        {
            return;
        }

        var isNew = task.DesiredState != _task.DesiredState;
        Interlocked.Exchange(ref _task, task);
        if (!isNew)
        {
            return;
        }

        if (task.DesiredState >= TaskState.Shutdown)
        {
            // What runs now was begun for the old wish. A wish for more is no reason to begin it again.
            _step.Cancel();
        }

        _changed.TrySetResult();
    }

    /// <summary>Stops following the task; it goes on running.</summary>
    public async Task StopAsync()
    {
        _stop.Cancel();
        await _running;
        if (_controller is not null)
        {
            await _controller.DisposeAsync();
        }
    }

    /// <summary>Stops the task and removes what it left.</summary>
    public async Task RemoveAsync(CancellationToken cancellationToken)
    {
        _stop.Cancel();
        await _running;
        try
        {
            _controller ??= _executor.CreateController(_task, _inputs.FilesOf(_task));
            await _controller.ShutdownAsync(cancellationToken);
            await _controller.RemoveAsync(cancellationToken);
        }
        catch (TaskException)
        {
            // Nothing of it is there.
        }

        _inputs.FilesOf(_task).Remove();

        if (_controller is not null)
        {
            await _controller.DisposeAsync();
        }
    }

    private async Task RunAsync()
    {
        if (!await ResolveAsync())
        {
            return;
        }

        while (!_stop.IsCancellationRequested)
        {
            _changed = New();
            _step = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);

            // The wish is read only when an update can cancel this step and wake this loop: one that comes between would be lost.
            Interlocked.MemoryBarrier();
            var task = Volatile.Read(ref _task);
            var (step, state, message) = TaskStateMachine.Next(_status.State, task.DesiredState);
            if (step == TaskStep.None)
            {
                await ChangedAsync();
                continue;
            }

            await DoAsync(step, state, message, task);
        }
    }

    private async Task<bool> ResolveAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            _changed = New();
            try
            {
                // One that is to end, or has, needs no templates.
                var isNeeded = _status.State <= TaskState.Running && Volatile.Read(ref _task).DesiredState <= TaskState.Running;
                var task = isNeeded ? await _inputs.ExpandAsync(_task, _stop.Token) : _task;
                _controller = _executor.CreateController(task, _inputs.FilesOf(_task));
                return true;
            }
            catch (OperationCanceledException)
            {
                return false;
            }
            catch (TaskException e) when (e.IsTemporary)
            {
                Report(_status.State, _status.Message, e.Message, _status.Container);
                await PauseAsync();
            }
            catch (TaskException e)
            {
                if (_status.State <= TaskState.Running)
                {
                    var end = _status.State < TaskState.Starting ? TaskState.Rejected : TaskState.Failed;
                    Report(end, "resolving controller failed", e.Message, null);
                }

                return false;
            }
        }

        return false;
    }

    private async Task DoAsync(TaskStep step, TaskState state, string message, SwarmTask task)
    {
        try
        {
            await CallAsync(step, task, _step.Token);
            var container = state >= TaskState.Starting && step != TaskStep.Advance ? await _controller!.GetStatusAsync(_stop.Token) : null;
            var ports = step == TaskStep.Start ? await _controller!.GetPortsAsync(_stop.Token) : null;
            Report(state, message, "", container, ports);
        }
        catch (OperationCanceledException) when (_step.IsCancellationRequested)
        {
            // The wish has changed, or the agent stops.
        }
        catch (OperationCanceledException)
        {
            // Something inside ran out of time: without a pause this would try without end.
            await PauseAsync();
        }
        catch (TaskException e) when (e.IsTemporary)
        {
            Report(_status.State, _status.Message, e.Message, _status.Container);
            await PauseAsync();
        }
        catch (TaskException e)
        {
            var container = await TryGetStatusAsync();
            Report(TaskStateMachine.OnError(_status.State), _status.State < TaskState.Running ? _status.Message : "started", e.Message, container);
        }
    }

    private Task CallAsync(TaskStep step, SwarmTask task, CancellationToken cancellationToken) => step switch
    {
        TaskStep.Prepare => _controller!.PrepareAsync(cancellationToken),
        TaskStep.Start => _controller!.StartAsync(cancellationToken),
        TaskStep.Wait => _controller!.WaitAsync(cancellationToken),
        TaskStep.Shutdown => _controller!.ShutdownAsync(cancellationToken),
        _ => _controller!.UpdateAsync(task, cancellationToken),
    };

    private async Task<ContainerStatus?> TryGetStatusAsync()
    {
        try
        {
            return await _controller!.GetStatusAsync(_stop.Token);
        }
        catch (Exception e) when (e is TaskException or OperationCanceledException)
        {
            return _status.Container;
        }
    }

    private void Report(TaskState state, string message, string error, ContainerStatus? container, PortStatus? ports = null)
    {
        var status = new SwarmTaskStatus
        {
            State = state,
            Message = message,
            Err = error,
            Container = container ?? _status.Container,

            // What has ended publishes nothing any more.
            PortStatus = state > TaskState.Running ? null : ports ?? _status.PortStatus,
            Timestamp = Timestamp.FromDateTimeOffset(_time.GetUtcNow()),
        };
        Volatile.Write(ref _status, status);
        if (state > TaskState.Running)
        {
            // What has ended never begins again: its secrets need not outlive it.
            _inputs.FilesOf(_task).Remove();
        }

        _report(_task.Id, status);
    }

    private async Task ChangedAsync()
    {
        try
        {
            await _changed.Task.OrCancelledAsync(_stop.Token);
        }
        catch (OperationCanceledException)
        {
            // The agent stops: the loop sees it.
        }
    }

    private async Task PauseAsync()
    {
        try
        {
            await _changed.Task.WithinAsync(RetryPause, _time, _stop.Token);
        }
        catch (OperationCanceledException)
        {
            // The agent stops: the loop sees it.
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
