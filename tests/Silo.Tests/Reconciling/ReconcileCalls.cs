using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;
using SwarmOrleans.Silo.Reconciling;

namespace SwarmOrleans.Tests.Silo.Reconciling;

/// <summary>A reconciler whose answers the test gives.</summary>
internal sealed class ReconcileCalls
{
    private readonly Channel<Call> _calls = Channel.CreateUnbounded<Call>();

    public Task<ReconcileResult> ReconcileAsync(string key, CancellationToken cancellationToken)
    {
        var call = new Call(key);
        _calls.Writer.TryWrite(call);
        return call.Outcome.Task.WaitAsync(cancellationToken);
    }

    /// <summary>The next call.</summary>
    public async Task<Call> NextAsync()
    {
        using var limit = StoreWaits.Limit();
        return await _calls.Reader.ReadAsync(limit.Token);
    }

    /// <summary>The next call, while time goes on.</summary>
    public async Task<Call> NextAsync(FakeTimeProvider time, TimeSpan step)
    {
        using var limit = StoreWaits.Limit();
        while (true)
        {
            limit.Token.ThrowIfCancellationRequested();
            var next = _calls.Reader.WaitToReadAsync(limit.Token).AsTask();

            // Whoever will wait for the clock may not have begun to: give it a moment before the next step.
            await Task.WhenAny(next, Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, limit.Token));
            if (_calls.Reader.TryRead(out var call))
            {
                return call;
            }

            time.Advance(step);
        }
    }

    internal sealed class Call(string key)
    {
        public string Key => key;

        public TaskCompletionSource<ReconcileResult> Outcome { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Answer(ulong version, DateTimeOffset? wakeAt = null) => Outcome.SetResult(new ReconcileResult(version, wakeAt));
    }
}
