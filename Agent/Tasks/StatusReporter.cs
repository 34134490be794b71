using SwarmOrleans.Contracts;

namespace SwarmOrleans.Agent;

/// <summary>
/// The latest unreported state of each task. One report is under way at a time; what is reached meanwhile goes with the next, so
/// that a task which starts at once is reported once.
/// </summary>
internal sealed class StatusReporter
{
    private const int MaxUpdates = 4096;

    private readonly Lock _lock = new();
    private Dictionary<string, SwarmTaskStatus> _waiting = [];
    private TaskCompletionSource _signal = New();

    public void Add(string taskId, SwarmTaskStatus status)
    {
        lock (_lock)
        {
            if (_waiting.TryGetValue(taskId, out var known) && known.State > status.State)
            {
                return;
            }

            _waiting[taskId] = status;
            _signal.TrySetResult();
        }
    }

    public void Forget(string taskId)
    {
        lock (_lock)
        {
            _waiting.Remove(taskId);
        }
    }

    /// <summary>Reports for the time of one session.</summary>
    public async Task RunAsync(string sessionId, IDispatcherClient dispatcher, CancellationToken cancellationToken)
    {
        while (true)
        {
            var batch = Take(out var signal);
            if (batch.Count == 0)
            {
                await signal.OrCancelledAsync(cancellationToken);

                // States that are reached one right after the other make one report.
                await Task.Yield();
                continue;
            }

            var request = new UpdateTaskStatusRequest { SessionId = sessionId };
            foreach (var (id, status) in batch)
            {
                request.Updates.Add(new UpdateTaskStatusRequest.Types.TaskStatusUpdate { TaskId = id, Status = status });
            }

            try
            {
                await dispatcher.UpdateTaskStatusAsync(request, cancellationToken);
            }
            catch
            {
                Restore(batch);
                throw;
            }
        }
    }

    // What has been added meanwhile is newer, even in the same state.
    private void Restore(Dictionary<string, SwarmTaskStatus> batch)
    {
        lock (_lock)
        {
            foreach (var (id, status) in batch)
            {
                if (!_waiting.TryGetValue(id, out var newer) || newer.State < status.State)
                {
                    _waiting[id] = status;
                }
            }

            _signal.TrySetResult();
        }
    }

    private Dictionary<string, SwarmTaskStatus> Take(out Task signal)
    {
        lock (_lock)
        {
            signal = _signal.Task;
            if (_waiting.Count == 0)
            {
                if (_signal.Task.IsCompleted)
                {
                    _signal = New();
                    signal = _signal.Task;
                }

                return [];
            }

            if (_waiting.Count <= MaxUpdates)
            {
                var all = _waiting;
                _waiting = [];
                _signal = New();
                return all;
            }

            var some = _waiting.Take(MaxUpdates).ToDictionary();
            foreach (var id in some.Keys)
            {
                _waiting.Remove(id);
            }

            return some;
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
