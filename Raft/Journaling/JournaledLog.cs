using DotNext.IO.Log;
using DotNext.Net.Cluster.Consensus.Raft;
using DotNext.Net.Cluster.Consensus.Raft.StateMachine;
using SwarmOrleans.Raft.Engine;

namespace SwarmOrleans.Raft.Journaling;

/// <summary>
/// The engine's log as it must be: an entry is on stable storage before it counts. As shipped, a follower acknowledges from memory, so that an acknowledged
/// write could vanish from a majority, and every entry costs four flushes of four files. Of the base only term and vote are used, whose file is written
/// through; entries live in a <see cref="Journal"/> and, since the last snapshot, in memory.
/// </summary>
internal sealed class JournaledLog : WriteAheadLog, IAuditTrail<IRaftLogEntry>, IAuditTrail
{
    private readonly ReplicaStateMachine _machine;
    private readonly Journal _journal;
    private readonly EntryWindow _entries;
    private readonly RequestBound _bound = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _changingState = new(1);
    private readonly AsyncProgress _committed;
    private readonly AsyncProgress _applied;
    private readonly TaskCompletionSource _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _applying;
    private long _verified;
    private long _reclaimed;

    /// <param name="options">Where term and vote are.</param>
    /// <param name="machine">What entries are applied to; holds the snapshot that the log begins after.</param>
    /// <param name="journal">The journal, opened.</param>
    /// <param name="entries">What it holds after the snapshot.</param>
    /// <param name="committedIndex">Up to where it is known to be committed.</param>
    public JournaledLog(Options options, ReplicaStateMachine machine, Journal journal, List<JournalEntry> entries, long committedIndex)
        : base(options, new NoEntriesMachine())
    {
        (_machine, _journal) = (machine, journal);
        var snapshot = machine.Snapshot;
        _entries = new EntryWindow(snapshot?.Index ?? 0, snapshot?.Term ?? 0, entries);
        _verified = _entries.LastIndex;
        _applied = new AsyncProgress(snapshot?.Index ?? 0);
        _committed = new AsyncProgress(Math.Max(_applied.Value, Math.Min(committedIndex, _entries.LastIndex)));
        _applying = Task.Run(ApplyAsync);
    }

    /// <summary>Fails with the cause when entries cannot be stored or applied any more: the process must end.</summary>
    public Task Failed => _failed.Task;

    /// <summary>Index of the last entry applied.</summary>
    public long AppliedIndex => _applied.Value;

    /// <summary>Index of the last entry known to be committed.</summary>
    public long CommittedIndex => _committed.Value;

    bool IAuditTrail.IsLogEntryLengthAlwaysPresented => true;

    long IAuditTrail.LastEntryIndex => _entries.LastIndex;

    long IAuditTrail.LastCommittedEntryIndex => _committed.Value;

    /// <summary>Waits until the entry of that index is applied.</summary>
    public ValueTask WaitUntilAppliedAsync(long index, CancellationToken cancellationToken) => _applied.WaitAsync(index, cancellationToken);

    /// <summary>Replays what is known to be committed.</summary>
    public override async Task InitializeAsync(CancellationToken token = default)
    {
        await base.InitializeAsync(token).ConfigureAwait(false);
        await _applied.WaitAsync(_committed.Value, token).ConfigureAwait(false);
    }

    Task IAuditTrail.InitializeAsync(CancellationToken token) => InitializeAsync(token);

    ValueTask IAuditTrail.WaitForApplyAsync(CancellationToken token) => _applied.WaitAsync(_applied.Value + 1, token);

    ValueTask IAuditTrail.WaitForApplyAsync(long index, CancellationToken token) => _applied.WaitAsync(index, token);

    /// <summary>The leader's own entry: flushed while it travels to the others; <see cref="IAuditTrail.CommitAsync"/> waits for the flush.</summary>
    async ValueTask<long> IAuditTrail<IRaftLogEntry>.AppendAsync<TEntry>(TEntry entry, CancellationToken token)
    {
        long index, ticket;
        using (await _entries.LockAsync(token).ConfigureAwait(false))
        {
            index = _entries.LastIndex + 1;
            ticket = Add(await JournalEntry.CopyAsync(entry, index, token).ConfigureAwait(false));
            Volatile.Write(ref _verified, index);
        }

        _ = Task.Run(() => FlushAsync(ticket, CancellationToken.None).AsTask(), CancellationToken.None);
        return index;
    }

    /// <summary>A snapshot from the leader; the engine appends nothing else at a place of its choice.</summary>
    async ValueTask IAuditTrail<IRaftLogEntry>.AppendAsync<TEntry>(TEntry entry, long startIndex, CancellationToken token)
    {
        if (!entry.IsSnapshot)
        {
            throw new NotSupportedException("only a snapshot can be appended at a given index");
        }

        using (await _entries.LockAsync(token).ConfigureAwait(false))
        {
            if (startIndex <= _committed.Value)
            {
                throw new InvalidOperationException($"the snapshot of entry {startIndex} is not newer than what is committed here");
            }

            var fetched = await _machine.TakeFetchedAsync(entry, token).ConfigureAwait(false);
            await _changingState.WaitAsync(token).ConfigureAwait(false);
            try
            {
                _machine.Install(fetched);
                _entries.StartAfter(startIndex, entry.Term);
                Volatile.Write(ref _verified, startIndex);
                _applied.Advance(startIndex);
                _committed.Advance(startIndex);
            }
            finally
            {
                _changingState.Release();
            }
        }
    }

    /// <summary>A follower's entries: on stable storage when this returns, since the answer to the leader is an acknowledgement.</summary>
    async ValueTask IAuditTrail<IRaftLogEntry>.AppendAsync<TEntry>(
        ILogEntryProducer<TEntry> entries, long startIndex, bool skipCommitted, CancellationToken token)
    {
        var index = startIndex;
        using (await _entries.LockAsync(token).ConfigureAwait(false))
        {
            if (startIndex > _entries.LastIndex + 1)
            {
                throw new ArgumentOutOfRangeException(nameof(startIndex), startIndex, $"the log ends at entry {_entries.LastIndex}");
            }

            while (await entries.MoveNextAsync().ConfigureAwait(false))
            {
                var entry = await JournalEntry.CopyAsync(entries.Current, index, token).ConfigureAwait(false);
                if (index > _committed.Value && _entries.TermOf(index) != entry.Term)
                {
                    // What follows a replaced entry is of an older leader and goes with it.
                    Add(entry);
                }

                index++;
            }

            // Only up to here is it known to be what the leader has.
            Volatile.Write(ref _verified, index - 1);
        }

        await FlushAsync(_entries.LastTicket, token).ConfigureAwait(false);
    }

    async ValueTask<long> IAuditTrail.CommitAsync(long endIndex, CancellationToken token)
    {
        var index = Math.Min(endIndex, Volatile.Read(ref _verified));
        await FlushAsync(_entries.LastTicket, token).ConfigureAwait(false);
        return _committed.Advance(index);
    }

    ValueTask<TResult> IAuditTrail<IRaftLogEntry>.ReadAsync<TResult>(
        ILogEntryConsumer<IRaftLogEntry, TResult> reader, long startIndex, long endIndex, CancellationToken token)
    {
        var isReplication = typeof(TResult) == typeof(Result<ReplicationStatus>);
        if (startIndex > endIndex)
        {
            return reader.ReadAsync<JournalEntry, JournalEntry[]>([], null, token);
        }

        if (_entries.Find(startIndex, endIndex, isReplication ? _bound.Bytes : long.MaxValue) is not { } found)
        {
            var snapshot = _machine.Snapshot ?? throw new InvalidOperationException($"entry {startIndex} is neither in the log nor in a snapshot");
            return isReplication
                ? new BoundedReplication<TResult>(reader, _bound).SendSnapshotAsync(snapshot, token)
                : reader.ReadAsync<ISnapshot, ISnapshot[]>([snapshot], snapshot.Index, token);
        }

        return isReplication
            ? new BoundedReplication<TResult>(reader, _bound).SendAsync(found, isWhole: found.Length == endIndex - startIndex + 1, token)
            : reader.ReadAsync<JournalEntry, JournalEntry[]>(found, null, token);
    }

    /// <inheritdoc />
    protected override async ValueTask DisposeAsyncCore()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _applying.ContinueWith(_ => { }, TaskScheduler.Default).ConfigureAwait(false);
        await base.DisposeAsyncCore().ConfigureAwait(false);
        await _journal.DisposeAsync().ConfigureAwait(false);
        _changingState.Dispose();
        _stop.Dispose();
    }

    private long Add(JournalEntry entry)
    {
        _entries.Set(entry);
        return _entries.LastTicket = _journal.Add(entry);
    }

    private async ValueTask FlushAsync(long ticket, CancellationToken cancellationToken)
    {
        try
        {
            await _journal.FlushAsync(ticket, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _failed.TrySetException(e);
            throw;
        }
    }

    private async Task ApplyAsync()
    {
        try
        {
            while (true)
            {
                await _committed.WaitAsync(_applied.Value + 1, _stop.Token).ConfigureAwait(false);
                await ApplyUpToAsync(_committed.Value).ConfigureAwait(false);
                if (_machine.Snapshot is { } snapshot && snapshot.Index > _reclaimed)
                {
                    _reclaimed = snapshot.Index;
                    _entries.DropUpTo(snapshot.Index);
                    _journal.DropUpTo(snapshot.Index);
                    _machine.DropOlderSnapshots();
                }
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            _applied.Fail(new ObjectDisposedException(nameof(JournaledLog)));
        }
#pragma warning disable CA1031 // Whatever it is, it is told to whoever waits.
        catch (Exception e)
#pragma warning restore CA1031
        {
            // The same entry would fail again: what waits must not wait for ever.
            _applied.Fail(e);
            _failed.TrySetException(e);
        }
    }

    private async Task ApplyUpToAsync(long last)
    {
        while (_applied.Value < last)
        {
            await _changingState.WaitAsync(_stop.Token).ConfigureAwait(false);
            try
            {
                // A snapshot may have been installed while this waited.
                if (_applied.Value < last)
                {
                    await _machine.ApplyAsync(_entries.At(_applied.Value + 1), _stop.Token).ConfigureAwait(false);
                    _applied.Advance(_applied.Value + 1);
                }
            }
            finally
            {
                _changingState.Release();
            }
        }
    }
}
