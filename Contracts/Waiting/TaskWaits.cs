namespace SwarmOrleans.Contracts;

/// <summary>
/// Waits for signals. Unlike <see cref="Task.WaitAsync(CancellationToken)"/> they continue on the awaiter's own synchronization context and on no other
/// thread in between, so that a simulated cluster runs on one thread.
/// </summary>
public static class TaskWaits
{
    /// <summary>Completes with <paramref name="signal"/>, which never fails, or is cancelled with the token.</summary>
    /// <exception cref="OperationCanceledException">The token came first.</exception>
    public static Task OrCancelledAsync(this Task signal, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(signal);
        if (signal.IsCompleted || !cancellationToken.CanBeCanceled)
        {
            return signal;
        }

        var first = new TaskCompletionSource();
        var registration = cancellationToken.UnsafeRegister(
            static (state, token) => ((TaskCompletionSource)state!).TrySetCanceled(token), first);
        signal.GetAwaiter().UnsafeOnCompleted(() =>
        {
            registration.Dispose();
            first.TrySetResult();
        });
        return first.Task;
    }

    /// <summary>
    /// Waits for at least <paramref name="duration"/>. <see cref="Task.Delay(TimeSpan)"/> cuts it to whole milliseconds: whoever waits for a point in
    /// time comes back before it, and at once, again and again.
    /// </summary>
    public static Task DelayAsync(this TimeProvider time, TimeSpan duration, CancellationToken cancellationToken) =>
        Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling(Math.Max(0, duration.TotalMilliseconds))), time, cancellationToken);

    /// <summary>Completes with <paramref name="signal"/>, which never fails, or after a time.</summary>
    /// <returns>True when the signal came first.</returns>
    /// <exception cref="OperationCanceledException">The token came first.</exception>
    public static async Task<bool> WithinAsync(this Task signal, TimeSpan limit, TimeProvider time, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(signal);
        ArgumentNullException.ThrowIfNull(time);
        using var expiry = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await using var timer = time.CreateTimer(static state => ((CancellationTokenSource)state!).Cancel(), expiry, limit, Timeout.InfiniteTimeSpan);
        try
        {
            await signal.OrCancelledAsync(expiry.Token);
            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }
}
