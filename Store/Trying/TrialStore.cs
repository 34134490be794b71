using SwarmOrleans.Contracts;
using SwarmOrleans.Store.Applying;
using SwarmOrleans.Store.Log;
using SwarmOrleans.Store.Proposing;
using SwarmOrleans.Store.Tables;
using SwarmOrleans.Store.Watching;

namespace SwarmOrleans.Store.Trying;

/// <summary>
/// A store that begins with a view and keeps to itself what is committed to it, for finding out what would happen. Transactions are decided as the log's are,
/// and at once; no log ever hears of them, and the view stays as it is. It leads itself. Not safe for concurrent use.
/// </summary>
public sealed class TrialStore : ISwarmStore
{
    /// <summary>The term in which it leads itself.</summary>
    public const long Term = 1;

    private const string Name = "trial";

    private readonly TimeProvider _time;
    private readonly WatchRing _ring;
    private StoreState _state;
    private ulong _sequence;

    /// <param name="view">What it begins with.</param>
    /// <param name="time">The clock by which writes are dated.</param>
    public TrialStore(StoreView view, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(view);
        _time = time;
        _state = new StoreState(view.Version, 0, view.Tables, PersistentMap<OriginState>.Empty);
        Current = view;
        _ring = new WatchRing(int.MaxValue, () => Current);
    }

    /// <inheritdoc />
    public string ManagerId => Name;

    /// <inheritdoc />
    public string BootId => Name;

    /// <inheritdoc />
    public StoreView Current { get; private set; }

    /// <inheritdoc />
    public LeadershipState Leadership { get; } = new(Term, Name, true);

    /// <inheritdoc />
    public async Task<LeadershipState> WaitForLeadershipChangeAsync(LeadershipState seen, CancellationToken cancellationToken)
    {
        if (seen == Leadership)
        {
            await new TaskCompletionSource().Task.OrCancelledAsync(cancellationToken);
        }

        return Leadership;
    }

    /// <inheritdoc />
    public ValueTask<CommitResult> CommitAsync(StoreTransaction transaction, CancellationToken cancellationToken) =>
        ValueTask.FromResult(Apply(CommandEncoder.Encode([transaction], Current))[0]);

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<CommitResult>> CommitAllAsync(IReadOnlyList<StoreTransaction> transactions, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(transactions);
        return ValueTask.FromResult<IReadOnlyList<CommitResult>>(transactions.Count == 0 ? [] : Apply(CommandEncoder.Encode(transactions, Current)));
    }

    /// <inheritdoc />
    public ValueTask<CommitResult> ReportStatusAsync(
        string nodeId, string sessionId, IReadOnlyList<TaskStatusReport> reports, CancellationToken cancellationToken) =>
        ValueTask.FromResult(Apply(CommandEncoder.Encode(nodeId, sessionId, reports))[0]);

    /// <inheritdoc />
    public ValueTask<StoreView> ReadAsync(CancellationToken cancellationToken) => ValueTask.FromResult(Current);

    /// <inheritdoc />
    public IAsyncEnumerable<ChangeBatch> WatchAsync(ulong? afterVersion, CancellationToken cancellationToken) =>
        _ring.ReadAsync(afterVersion ?? Current.Version, cancellationToken);

    private CommitResult[] Apply(LogCommand command)
    {
        (command.Origin, command.Boot) = (Name, Name);
        command.Sequence = command.Floor = ++_sequence;
        command.Time = _time.GetUtcNow().Ticks - DateTime.UnixEpoch.Ticks;
        var applier = new CommandApplier(_state, Term);
        var verdicts = applier.Apply(command) ?? throw new InvalidOperationException($"command {_sequence} was given up before it came");
        _state = applier.Finish((long)_sequence);
        if (applier.Changes.Count > 0)
        {
            Current = new StoreView(_state.Version, _state.Tables);
            _ring.Append(_state.Version, applier.Changes);
        }

        return verdicts;
    }
}
