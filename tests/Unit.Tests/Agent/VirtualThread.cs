using Microsoft.Extensions.Time.Testing;

namespace SwarmOrleans.Tests.Unit.Agent;

/// <summary>Runs the asynchronous code of one test on the test's own thread, in virtual time: when it has settled, nothing more can happen by itself.</summary>
internal sealed class VirtualThread : SynchronizationContext, IDisposable
{
    private const int MaxSteps = 100_000;
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    private readonly Queue<(SendOrPostCallback Callback, object? State)> _ready = new();
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private readonly SynchronizationContext? _before = Current;
    private string? _foreign;

    public VirtualThread() => SetSynchronizationContext(this);

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));

    public override void Post(SendOrPostCallback d, object? state)
    {
        if (Environment.CurrentManagedThreadId == _thread)
        {
            _ready.Enqueue((d, state));
        }
        else
        {
            Volatile.Write(ref _foreign, Environment.StackTrace);
        }
    }

    public override void Send(SendOrPostCallback d, object? state) => d(state);

    public override SynchronizationContext CreateCopy() => this;

    /// <summary>Runs until nothing is ready, while the clock stands still.</summary>
    public void Settle()
    {
        for (var steps = 0; _ready.TryDequeue(out var next); steps++)
        {
            Assert.True(steps < MaxSteps, "it goes on and on without time passing");
            next.Callback(next.State);
        }

        Assert.Null(Volatile.Read(ref _foreign));
    }

    /// <summary>Lets time pass, a millisecond at a time, so that what one timer starts is timed from there.</summary>
    public void Advance(TimeSpan time)
    {
        Settle();
        for (var passed = TimeSpan.Zero; passed < time; passed += Tick)
        {
            Time.Advance(Tick);
            Settle();
        }
    }

    /// <summary>Settles and expects that the work has ended.</summary>
    public void Finish(Task work)
    {
        Settle();
        Assert.True(work.IsCompleted, "it still waits for something");
        work.GetAwaiter().GetResult();
    }

    public void Dispose() => SetSynchronizationContext(_before);
}
