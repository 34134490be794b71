namespace SwarmOrleans.Raft.Engine;

/// <summary>
/// Runs one barrier for all callers that wait together. A caller may only use a barrier that began after it asked, so those that come while one
/// runs share the next.
/// </summary>
internal sealed class BarrierCoalescer(Func<CancellationToken, Task<long>> barrier)
{
    private readonly Lock _lock = new();
    private Task<long>? _running;
    private Task<long>? _next;

    public Task<long> RunAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_next is null && _running is null or { IsCompleted: true })
            {
                _running = barrier(CancellationToken.None);
                return _running.WaitAsync(cancellationToken);
            }

            _next ??= AfterAsync(_running!);
            return _next.WaitAsync(cancellationToken);
        }
    }

    private async Task<long> AfterAsync(Task<long> running)
    {
        await running.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        Task<long> started;
        lock (_lock)
        {
            // From here on callers wait for another one: this one has begun.
            _running = _next;
            _next = null;
            started = barrier(CancellationToken.None);
        }

        return await started;
    }
}
