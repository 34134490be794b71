using Google.Protobuf;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Store.Proposing;

/// <summary>This manager's commands whose outcome is not known yet, by sequence.</summary>
internal sealed class PendingCommands(SwarmStoreOptions options)
{
    private const ulong WindowPerOutstanding = 4;

    private readonly SortedDictionary<ulong, PendingCommand> _commands = [];
    private readonly Lock _lock = new();
    private readonly ulong _window = WindowPerOutstanding * (ulong)options.MaxOutstanding;
    private TaskCompletionSource _oldestGone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ulong _next = 1;

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
                if (_commands.Count == 0 || _next - _commands.First().Key < _window)
                {
                    return Add(command);
                }

                oldestGone = _oldestGone.Task;
            }

            await oldestGone.OrCancelledAsync(cancellationToken);
        }
    }

    /// <summary>The outcome is known, or nobody waits for it any more. Null verdicts: it expired before it was executed.</summary>
    public void Complete(ulong sequence, CommitResult[]? verdicts)
    {
        PendingCommand? pending;
        TaskCompletionSource? oldestGone = null;
        lock (_lock)
        {
            if (_commands.Count > 0 && _commands.First().Key == sequence && _next - sequence >= _window)
            {
                oldestGone = _oldestGone;
                _oldestGone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            _commands.Remove(sequence, out pending);
        }

        pending?.Outcome.TrySetResult(verdicts);
        oldestGone?.TrySetResult();
    }

    public List<PendingCommand> Snapshot()
    {
        lock (_lock)
        {
            return [.. _commands.Values];
        }
    }

    private PendingCommand Add(LogCommand command)
    {
        command.Origin = options.ManagerId;
        command.Boot = options.BootId;
        command.Sequence = _next++;
        command.Floor = _commands.Count == 0 ? command.Sequence : _commands.First().Key;
        command.Time = (options.TimeProvider.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks;
        var pending = new PendingCommand(command.Sequence, command.ToByteArray());
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

    /// <summary>When it was handed on last, and how long to wait before doing so again.</summary>
    public long SentAt { get; set; }

    public TimeSpan Patience { get; set; } = TimeSpan.FromMilliseconds(500);
}
