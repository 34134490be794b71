namespace SwarmOrleans.Tests.Simulation.Kernel;

/// <summary>
/// Runs everything of one simulated world on one thread. The next ready continuation is picked by the seed, so that a seed is one interleaving;
/// virtual time moves to the next timer only when nothing is ready.
/// </summary>
internal sealed class SimScheduler : SynchronizationContext
{
    private const int MaxStepsAtOneInstant = 100_000;

    private readonly List<(SendOrPostCallback Callback, object? State)> _ready = [];
    private readonly Random _random;
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private readonly Lock _foreignLock = new();
    private readonly List<string> _foreign = [];
    private ulong _trace = 14695981039346656037;

    public SimScheduler(int seed)
    {
        _random = new Random(seed);
        Time = new SimTime(this);
    }

    /// <summary>The world's clock.</summary>
    public SimTime Time { get; }

    /// <summary>Continuations that arrived from another thread: each is a place where a run would not replay.</summary>
    public IReadOnlyList<string> Foreign => _foreign;

    /// <summary>Hash of everything noted so far; equal for two runs of one seed.</summary>
    public ulong Trace => _trace;

    /// <summary>Continuations run so far.</summary>
    public long Steps { get; private set; }

    /// <summary>Adds a fact to the trace.</summary>
    public void Note(string fact)
    {
        foreach (var c in fact)
        {
            _trace = (_trace ^ c) * 1099511628211;
        }

        _trace = (_trace ^ (ulong)Time.Ticks) * 1099511628211;
    }

    public override void Post(SendOrPostCallback d, object? state)
    {
        if (Environment.CurrentManagedThreadId != _thread)
        {
            lock (_foreignLock)
            {
                _foreign.Add(Environment.StackTrace);
            }

            return;
        }

        _ready.Add((d, state));
    }

    public override void Send(SendOrPostCallback d, object? state) => d(state);

    public override SynchronizationContext CreateCopy() => this;

    /// <summary>Runs <paramref name="main"/> to its end, or until virtual time passes <paramref name="limit"/>.</summary>
    /// <exception cref="TimeoutException">The limit was passed, or nothing is left that could make progress.</exception>
    public void Run(Func<Task> main, TimeSpan limit)
    {
        var before = Current;
        SetSynchronizationContext(this);
        try
        {
            var task = main();
            var standing = 0;
            while (!task.IsCompleted)
            {
                ThrowIfForeign();
                if (_ready.Count > 0)
                {
                    RunOne();
                    if (++standing > MaxStepsAtOneInstant)
                    {
                        throw new TimeoutException($"{standing} steps were taken without time going on at {Time.Elapsed}");
                    }
                }
                else if (Time.Elapsed > limit)
                {
                    throw new TimeoutException($"the scenario did not end within {limit} of virtual time");
                }
                else if (!Time.Advance())
                {
                    throw new TimeoutException("the scenario waits for something that nobody will do");
                }
                else
                {
                    standing = 0;
                }
            }

            task.GetAwaiter().GetResult();
            ThrowIfForeign();
        }
        finally
        {
            SetSynchronizationContext(before);
        }
    }

    /// <summary>Runs what is ready until nothing is, without moving the clock.</summary>
    public void Drain()
    {
        var before = Current;
        SetSynchronizationContext(this);
        while (_ready.Count > 0)
        {
            RunOne();
        }

        SetSynchronizationContext(before);
    }

    private void RunOne()
    {
        var index = _random.Next(_ready.Count);
        var (callback, state) = _ready[index];
        _ready.RemoveAt(index);
        Steps++;
        callback(state);
    }

    private void ThrowIfForeign()
    {
        lock (_foreignLock)
        {
            if (_foreign.Count > 0)
            {
                throw new InvalidOperationException("work left the simulated world's thread: " + _foreign[0]);
            }
        }
    }
}
