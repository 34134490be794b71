using SwarmOrleans.Contracts;

namespace SwarmOrleans.Tests.Simulation.Kernel;

/// <summary>Virtual time: stands still while anything is ready, then jumps to the next timer.</summary>
internal sealed class SimTime(SimScheduler scheduler) : TimeProvider
{
    private static readonly DateTimeOffset Start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly PriorityQueue<(SimTimer Timer, long Generation), (long Due, long Order)> _timers = new();
    private long _order;

    /// <summary>100 ns units since the start of the world.</summary>
    public long Ticks { get; private set; }

    public TimeSpan Elapsed => TimeSpan.FromTicks(Ticks);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override DateTimeOffset GetUtcNow() => Start + Elapsed;

    public override long GetTimestamp() => Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new SimTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>A delay that is not cut to whole milliseconds, as <see cref="Task.Delay(TimeSpan)"/> is.</summary>
    public async Task SleepAsync(TimeSpan duration, CancellationToken cancellationToken)
    {
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var timer = CreateTimer(_ => over.TrySetResult(), null, duration, Timeout.InfiniteTimeSpan);
        await over.Task.OrCancelledAsync(cancellationToken);
    }

    /// <summary>Jumps to the next timer and makes its callback ready. False when there is none.</summary>
    public bool Advance()
    {
        while (_timers.TryDequeue(out var entry, out var key))
        {
            if (entry.Timer.Generation != entry.Generation)
            {
                continue;
            }

            Ticks = Math.Max(Ticks, key.Due);
            entry.Timer.Fire(scheduler);
            return true;
        }

        return false;
    }

    private void Arm(SimTimer timer, TimeSpan due) => _timers.Enqueue((timer, timer.Generation), (Ticks + Math.Max(0, due.Ticks), _order++));

    private sealed class SimTimer(SimTime time, TimerCallback callback, object? state) : ITimer
    {
        private readonly ExecutionContext? _context = ExecutionContext.Capture();
        private TimeSpan _period = Timeout.InfiniteTimeSpan;

        public long Generation { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Generation++;
            _period = period;
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                time.Arm(this, dueTime);
            }

            return true;
        }

        public void Fire(SimScheduler scheduler)
        {
            var generation = Generation;
            if (_period != Timeout.InfiniteTimeSpan && _period > TimeSpan.Zero)
            {
                time.Arm(this, _period);
            }

            scheduler.Post(_ => RunIf(generation), null);
        }

        public void Dispose() => Generation++;

        public ValueTask DisposeAsync()
        {
            Generation++;
            return ValueTask.CompletedTask;
        }

        private void RunIf(long generation)
        {
            if (generation != Generation)
            {
                return;
            }

            if (_context is null)
            {
                callback(state);
            }
            else
            {
                ExecutionContext.Run(_context, _ => callback(state), null);
            }
        }
    }
}
