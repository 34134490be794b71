using System.Buffers;
using SwarmOrleans.Contracts;
using SwarmOrleans.Store.Applying;
using SwarmOrleans.Store.Encryption;
using SwarmOrleans.Store.Log;
using SwarmOrleans.Store.Proposing;
using SwarmOrleans.Store.Snapshots;
using SwarmOrleans.Store.Watching;

namespace SwarmOrleans.Store;

/// <summary>The replica of one manager. Give it to a log as its consumer, then <see cref="Attach"/> that log.</summary>
public sealed class SwarmStore : ISwarmStore, ILogConsumer, IAsyncDisposable
{
    // Small enough for one message between managers and for an entry beside others.
    private const int MaxCommandBytes = 1 << 19;

    private readonly SwarmStoreOptions _options;
    private readonly FrameCipher _cipher;
    private readonly PendingCommands _pending;
    private readonly SemaphoreSlim _outstanding;
    private readonly WatchRing _ring;
    private StoreState _state = StoreState.Empty;
    private StoreView _view = new(0, StoreState.Empty.Tables);
    private IConsensusLog? _log;
    private Proposer? _proposer;

    /// <summary>An empty replica.</summary>
    public SwarmStore(SwarmStoreOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _cipher = new FrameCipher(options.Keyring);
        _pending = new PendingCommands(options);
        _outstanding = new SemaphoreSlim(options.MaxOutstanding);
        _ring = new WatchRing(options.WatchCapacity, () => Current);
    }

    /// <inheritdoc />
    public string ManagerId => _options.ManagerId;

    /// <inheritdoc />
    public string BootId => _options.BootId;

    /// <inheritdoc />
    public StoreView Current => Volatile.Read(ref _view);

    /// <inheritdoc />
    public LeadershipState Leadership => _log?.Leadership ?? LeadershipState.None;

    /// <inheritdoc />
    public long AppliedIndex => Volatile.Read(ref _state).Index;

    private IConsensusLog Log => _log ?? throw new InvalidOperationException("no log is attached");

    /// <summary>Starts proposing through <paramref name="log"/>. Once, after the log has been given this store as its consumer.</summary>
    public void Attach(IConsensusLog log)
    {
        _log = log;
        _proposer = new Proposer(_options, log, _cipher, _pending);
        _proposer.Start();
    }

    /// <summary>
    /// Uses another keyring from now on: new entries and snapshots are written with its current key. It must still hold every key that
    /// entries or snapshots in use were written with.
    /// </summary>
    public void UseKeyring(Keyring keyring)
    {
        ArgumentNullException.ThrowIfNull(keyring);
        _cipher.Use(keyring);
    }

    /// <inheritdoc />
    public Task<LeadershipState> WaitForLeadershipChangeAsync(LeadershipState seen, CancellationToken cancellationToken) =>
        Log.WaitForChangeAsync(seen, cancellationToken);

    /// <inheritdoc />
    public async ValueTask<CommitResult> CommitAsync(StoreTransaction transaction, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        if (!CanCommit(transaction, Leadership))
        {
            return new CommitResult(CommitOutcome.Unavailable, 0, null);
        }

        var command = CommandEncoder.Encode([transaction], Current);
        return (await ProposeAsync(command, 1, cancellationToken))[0];
    }

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<CommitResult>> CommitAllAsync(
        IReadOnlyList<StoreTransaction> transactions, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(transactions);
        if (transactions.Count == 0)
        {
            return [];
        }

        var leadership = Leadership;
        if (!transactions.Any(t => CanCommit(t, leadership)))
        {
            return Repeat(new CommitResult(CommitOutcome.Unavailable, 0, null), transactions.Count);
        }

        var results = new List<CommitResult>(transactions.Count);
        while (results.Count < transactions.Count)
        {
            // One after the other: two commands under way at once could be decided in the other order.
            var command = CommandEncoder.Encode(transactions, Current, results.Count, MaxCommandBytes);
            results.AddRange(await ProposeAsync(command, command.Transactions.Count, cancellationToken));
        }

        return results;
    }

    /// <inheritdoc />
    public async ValueTask<CommitResult> ReportStatusAsync(
        string nodeId, string sessionId, IReadOnlyList<TaskStatusReport> reports, CancellationToken cancellationToken) =>
        (await ProposeAsync(CommandEncoder.Encode(nodeId, sessionId, reports), 1, cancellationToken))[0];

    /// <inheritdoc />
    public async ValueTask<StoreView> ReadAsync(CancellationToken cancellationToken)
    {
        var started = _options.TimeProvider.GetTimestamp();
        while (true)
        {
            var leadership = Leadership;
            try
            {
                await Log.ReadBarrierAsync(cancellationToken);
                return Current;
            }
            catch (NotLeaderException) when (_options.TimeProvider.GetElapsedTime(started) < _options.CommitDeadline)
            {
                // An election takes a moment; what is asked again is what it was.
                await Log.WaitForChangeAsync(leadership, cancellationToken)
                    .WithinAsync(TimeSpan.FromMilliseconds(50), _options.TimeProvider, cancellationToken);
            }
        }
    }

    /// <inheritdoc />
    public IAsyncEnumerable<ChangeBatch> WatchAsync(ulong? afterVersion, CancellationToken cancellationToken) =>
        _ring.ReadAsync(afterVersion ?? Current.Version, cancellationToken);

    /// <inheritdoc />
    public void Apply(long index, long term, ReadOnlySequence<byte> entry)
    {
        if (index <= _state.Index)
        {
            throw new InvalidOperationException($"entry {index} cannot follow {_state.Index}");
        }

        var applier = new CommandApplier(_state, term);
        var own = new List<(ulong Sequence, CommitResult[]? Verdicts)>();
        using var content = EntryContent.Open(_cipher, entry);
        foreach (var bytes in content.Commands)
        {
            var command = LogCommand.Parser.ParseFrom(bytes.Span);
            var verdicts = applier.Apply(command);
            if (command.Origin == ManagerId && command.Boot == BootId)
            {
                own.Add((command.Sequence, verdicts));
            }
        }

        var state = applier.Finish(index);
        Publish(state, applier.Changes);
        foreach (var (sequence, verdicts) in own)
        {
            _pending.Complete(sequence, verdicts);
        }
    }

    /// <inheritdoc />
    public bool Submit(IReadOnlyList<ReadOnlyMemory<byte>> commands) => _proposer?.Submit(commands) ?? false;

    /// <inheritdoc />
    public ILogSnapshot Capture() => new SnapshotWriter(Volatile.Read(ref _state), _cipher);

    /// <inheritdoc />
    public async ValueTask<IPreparedSnapshot> PrepareAsync(long index, Stream snapshot, CancellationToken cancellationToken)
    {
        var state = await new SnapshotReader(snapshot, _cipher).ReadAsync(cancellationToken);
        if (state.Index > index)
        {
            throw new InvalidDataException($"the snapshot is of entry {state.Index}, not {index}");
        }

        var old = Volatile.Read(ref _state).Tables;
        return new PreparedSnapshot(state with { Index = index }, old, StateDifference.Between(old, state.Tables, state.Version));
    }

    /// <inheritdoc />
    public void Install(IPreparedSnapshot prepared)
    {
        var (state, old, difference) = (PreparedSnapshot)prepared;
        if (old != _state.Tables)
        {
            // Entries were applied since it was prepared.
            difference = StateDifference.Between(_state.Tables, state.Tables, state.Version);
        }

        Volatile.Write(ref _state, state);
        Volatile.Write(ref _view, new StoreView(state.Version, state.Tables));
        _ring.Reset(state.Version, difference);
        CompleteFrom(state);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (_proposer is not null)
        {
            await _proposer.DisposeAsync();
        }

        foreach (var command in _pending.Snapshot())
        {
            _pending.Complete(command.Sequence, null);
        }

        _cipher.Dispose();
    }

    private static bool CanCommit(StoreTransaction transaction, LeadershipState leadership) =>
        transaction.Term == 0 || (leadership.IsLeader && transaction.Term == leadership.Term);

    private static CommitResult[] Repeat(CommitResult result, int count)
    {
        var results = new CommitResult[count];
        Array.Fill(results, result);
        return results;
    }

    private async ValueTask<CommitResult[]> ProposeAsync(LogCommand command, int count, CancellationToken cancellationToken)
    {
        var proposer = _proposer ?? throw new InvalidOperationException("no log is attached");
        await _outstanding.WaitAsync(cancellationToken);
        try
        {
            var pending = await _pending.AddAsync(command, cancellationToken);
            proposer.Send(pending);
            CommitResult[]? verdicts;
            try
            {
                await using var cancelling = cancellationToken.UnsafeRegister(
                    static (command, token) => ((PendingCommand)command!).Outcome.TrySetCanceled(token), pending);
                verdicts = await pending.Outcome.Task;
            }
            catch (OperationCanceledException)
            {
                _pending.Complete(pending.Sequence, null);
                throw;
            }

            return verdicts ?? Repeat(new CommitResult(pending.IsLate && !pending.WasSent ? CommitOutcome.Unavailable : CommitOutcome.Unknown, 0, null), count);
        }
        finally
        {
            _outstanding.Release();
        }
    }

    private void Publish(StoreState state, List<StoreChange> changes)
    {
        Volatile.Write(ref _state, state);
        if (changes.Count == 0)
        {
            return;
        }

        Volatile.Write(ref _view, new StoreView(state.Version, state.Tables));
        _ring.Append(state.Version, changes);
    }

    // A snapshot can hold the verdicts of commands whose entries will never be seen here.
    private void CompleteFrom(StoreState state)
    {
        if (!state.Origins.TryGet(ManagerId, out var origin) || origin.Boot != BootId)
        {
            return;
        }

        foreach (var command in _pending.Snapshot())
        {
            if (origin.Verdicts.Find(command.Sequence) is { } verdicts)
            {
                _pending.Complete(command.Sequence, verdicts);
            }
        }
    }
}
