using SwarmOrleans.Contracts;

namespace SwarmOrleans.Silo.Dispatching;

/// <summary>Wakes one waiter, now or when it comes: several calls to <see cref="Set"/> wake it once.</summary>
internal sealed class AsyncSignal
{
    private TaskCompletionSource _set = New();

    public void Set() => Volatile.Read(ref _set).TrySetResult();

    /// <summary>Waits for a call since the last return.</summary>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        await _set.Task.OrCancelledAsync(cancellationToken);
        Volatile.Write(ref _set, New());
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
