using Google.Protobuf;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Store.Proposing;

/// <summary>This manager's commands whose outcome is not known yet, by sequence.</summary>
internal sealed class PendingCommands(SwarmStoreOptions options)
{
    private const ulong WindowPerOutstanding = 4;

    private readonly Dictionary<ulong, PendingCommand> _commands = [];
    private readonly Lock _lock = new();
    private readonly ulong _window = WindowPerOutstanding * (ulong)options.MaxOutstanding;
    private TaskCompletionSource _oldestGone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ulong _next = 1;

    // Number of the oldest; the next one's when there is none.
    private ulong _oldest = 1;

    /// <summary>
    /// Numbers and encodes <paramref name="command"/>. Waits while one old command holds the floor far below: every replica keeps the
    /// verdicts above the floor.
    /// </summary>
    public async ValueTask<PendingCommand> AddAsync(LogCommand command, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task oldestGone;
            lock (_lock)
            {
                if (_next - _oldest < _window)
                {
                    return Add(command);
                }

                oldestGone = _oldestGone.Task;
            }

            await oldestGone.OrCancelledAsync(cancellationToken);
        }
    }

    /// <summary>The outcome is known, or nobody waits for it any more. Null verdicts: it expired before it was executed, or it has no outcome in time.</summary>
    public void Complete(ulong sequence, CommitResult[]? verdicts)
    {
        PendingCommand? pending;
        TaskCompletionSource? oldestGone = null;
        lock (_lock)
        {
            if (_oldest == sequence && _next - sequence >= _window)
            {
                oldestGone = _oldestGone;
                _oldestGone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            _commands.Remove(sequence, out pending);
            while (_oldest < _next && !_commands.ContainsKey(_oldest))
            {
                _oldest++;
            }
        }

        pending?.Outcome.TrySetResult(verdicts);
        oldestGone?.TrySetResult();
    }

    public List<PendingCommand> Snapshot()
    {
        lock (_lock)
        {
            return [.. _commands.Values.OrderBy(c => c.Sequence)];
        }
    }

    private PendingCommand Add(LogCommand command)
    {
        command.Origin = options.ManagerId;
        command.Boot = options.BootId;
        command.Sequence = _next++;
        command.Floor = _oldest;
        command.Time = (options.TimeProvider.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks;
        var pending = new PendingCommand(command.Sequence, command.ToByteArray()) { AddedAt = options.TimeProvider.GetTimestamp() };
        _commands.Add(pending.Sequence, pending);
        return pending;
    }
}

/// <summary>A command under way.</summary>
internal sealed class PendingCommand(ulong sequence, byte[] bytes)
{
    public ulong Sequence => sequence;

    public ReadOnlyMemory<byte> Bytes => bytes;

    public TaskCompletionSource<CommitResult[]?> Outcome { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>A copy may be on its way to the log: from here on only a verdict tells.</summary>
    public bool WasSent { get; set; }

    /// <summary>It waits in the proposer's queue: sending it again would only make that queue longer.</summary>
    public bool IsQueued { get; set; }

    /// <summary>When it was added.</summary>
    public long AddedAt { get; init; }

    /// <summary>It got no outcome within the store's deadline.</summary>
    public bool IsLate { get; set; }

    /// <summary>When it was handed on last, and how long to wait before doing so again.</summary>
    public long SentAt { get; set; }

    public TimeSpan Patience { get; set; } = TimeSpan.FromMilliseconds(500);
}
