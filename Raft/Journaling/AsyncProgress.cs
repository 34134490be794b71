namespace SwarmOrleans.Raft.Journaling;

/// <summary>A number that only grows, and that can be waited for.</summary>
internal sealed class AsyncProgress(long value)
{
    private readonly Lock _lock = new();
    private long _value = value;
    private TaskCompletionSource? _changed;
    private Exception? _failure;

    public long Value => Interlocked.Read(ref _value);

    /// <summary>Raises the number; returns by how much.</summary>
    public long Advance(long to)
    {
        TaskCompletionSource? changed;
        long gained;
        lock (_lock)
        {
            gained = to - _value;
            if (gained <= 0)
            {
                return 0;
            }

            Interlocked.Exchange(ref _value, to);
            (changed, _changed) = (_changed, null);
        }

        changed?.TrySetResult();
        return gained;
    }

    /// <summary>Lets everybody who waits, now or later, fail.</summary>
    public void Fail(Exception cause)
    {
        TaskCompletionSource? changed;
        lock (_lock)
        {
            _failure = cause;
            (changed, _changed) = (_changed, null);
        }

        changed?.TrySetResult();
    }

    /// <summary>Waits until the number has reached <paramref name="target"/>.</summary>
    /// <exception cref="InvalidOperationException">It never will.</exception>
    public async ValueTask WaitAsync(long target, CancellationToken cancellationToken)
    {
        while (Value < target)
        {
            Task changed;
            lock (_lock)
            {
                if (_value >= target)
                {
                    return;
                }

                if (_failure is not null)
                {
                    throw new InvalidOperationException($"the log has stopped at entry {_value}: {_failure.Message}", _failure);
                }

                changed = (_changed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }

            await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
