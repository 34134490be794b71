using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>One node as the scheduler sees it: what is free, and what runs there (SCH-3).</summary>
internal sealed class NodeLoad(Node node)
{
    private const int TooManyFailures = 5;
    private static readonly TimeSpan FailureMemory = TimeSpan.FromMinutes(5);

    private readonly Dictionary<string, int> _perService = [];
    private readonly Dictionary<(string Service, ulong Version), Queue<DateTimeOffset>> _failures = [];
    private long _reservedCpu;
    private long _reservedMemory;

    public Node Node { get; set; } = node;

    public int ActiveTasks { get; private set; }

    public bool IsReady =>
        Node.Status?.State == NodeStatus.Types.State.Ready && (Node.Spec?.Availability ?? NodeSpec.Types.Availability.Active) == NodeSpec.Types.Availability.Active;

    public long FreeCpu => (Node.Description?.Resources?.NanoCpus ?? 0) - _reservedCpu;

    public long FreeMemory => (Node.Description?.Resources?.MemoryBytes ?? 0) - _reservedMemory;

    public int TasksOf(string serviceId) => _perService.GetValueOrDefault(serviceId);

    public void Add(Load load)
    {
        _reservedCpu += load.Cpu;
        _reservedMemory += load.Memory;
        if (load.IsActive)
        {
            ActiveTasks++;
            _perService[load.ServiceId] = TasksOf(load.ServiceId) + 1;
        }
    }

    public void Subtract(Load load)
    {
        _reservedCpu -= load.Cpu;
        _reservedMemory -= load.Memory;
        if (!load.IsActive)
        {
            return;
        }

        ActiveTasks--;
        if (TasksOf(load.ServiceId) is var count && count > 1)
        {
            _perService[load.ServiceId] = count - 1;
        }
        else
        {
            _perService.Remove(load.ServiceId);
        }
    }

    public void NoteFailure(string serviceId, ulong version, DateTimeOffset at)
    {
        if (!_failures.TryGetValue((serviceId, version), out var times))
        {
            _failures.Add((serviceId, version), times = new Queue<DateTimeOffset>());
        }

        times.Enqueue(at);
    }

    /// <summary>Recent failures of this version of the service here; 0 while they are too few to matter (SCH-15).</summary>
    public int Failures(string serviceId, ulong version, DateTimeOffset now)
    {
        if (!_failures.TryGetValue((serviceId, version), out var times))
        {
            return 0;
        }

        while (times.TryPeek(out var oldest) && oldest < now - FailureMemory)
        {
            times.Dequeue();
        }

        if (times.Count == 0)
        {
            _failures.Remove((serviceId, version));
        }

        return times.Count >= TooManyFailures ? times.Count : 0;
    }

    /// <summary>What one task takes on its node.</summary>
    internal readonly record struct Load(string NodeId, string ServiceId, long Cpu, long Memory, bool IsActive)
    {
        public static Load Of(SwarmTask task) => new(
            task.NodeId,
            task.ServiceId,
            task.Spec?.Resources?.Reservations?.NanoCpus ?? 0,
            task.Spec?.Resources?.Reservations?.MemoryBytes ?? 0,
            task.DesiredState <= TaskState.Complete);
    }
}
