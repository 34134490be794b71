using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;
using SwarmOrleans.Store.Tables;

namespace SwarmOrleans.Store.Applying;

/// <summary>
/// Decides commands, alike on every replica: the outcome depends on the state and the entry alone. One instance applies one log entry.
/// </summary>
internal sealed class CommandApplier(StoreState state, long term)
{
    private const ulong HistoryStep = 1ul << 32;

    private readonly TableDraft _draft = state.Tables.Edit();
    private readonly List<StoreChange> _transaction = [];
    private readonly Dictionary<string, OriginDraft> _origins = [];
    private ulong _version = state.Version;

    /// <summary>What the commands changed so far, in order.</summary>
    public List<StoreChange> Changes { get; } = [];

    /// <summary>The state after them.</summary>
    public StoreState Finish(long index) =>
        new(_version, index, Changes.Count == 0 ? state.Tables : _draft.Freeze(), FreezeOrigins());

    /// <summary>Executes the command, or gives the verdicts that were recorded when a copy of it was executed; null when it has expired.</summary>
    public CommitResult[]? Apply(LogCommand command)
    {
        var origin = OriginOf(command);
        if (origin.Boot != command.Boot)
        {
            if (origin.HasEnded(command.Boot))
            {
                return null;
            }

            origin.BeginBoot(command.Boot);
        }

        if (origin.IsKnown(command.Sequence, out var recorded))
        {
            return recorded;
        }

        var verdicts = Execute(command);
        origin.Record(command.Sequence, command.Floor, verdicts);
        return verdicts;
    }

    private OriginDraft OriginOf(LogCommand command)
    {
        if (!_origins.TryGetValue(command.Origin, out var draft))
        {
            draft = new OriginDraft(state.Origins.TryGet(command.Origin, out var known) ? known : OriginState.First(command.Boot));
            _origins.Add(command.Origin, draft);
        }

        return draft;
    }

    private PersistentMap<OriginState> FreezeOrigins()
    {
        var origins = state.Origins;
        foreach (var (id, draft) in _origins)
        {
            origins = origins.Set(id, draft.Freeze());
        }

        return origins;
    }

    private CommitResult[] Execute(LogCommand command)
    {
        var time = Timestamp.FromDateTime(new DateTime(DateTime.UnixEpoch.Ticks + command.Time, DateTimeKind.Utc));
        if (command.Report is { } report)
        {
            return [ReportApplier.Apply(this, report, command.Origin, time)];
        }

        var parts = new SharedParts(command.TaskParts, _draft);
        var verdicts = new CommitResult[command.Transactions.Count];
        for (var i = 0; i < verdicts.Length; i++)
        {
            verdicts[i] = Execute(command.Transactions[i], parts, time);
        }

        return verdicts;
    }

    private CommitResult Execute(LogTransaction transaction, SharedParts parts, Timestamp time)
    {
        if (transaction.Term != 0 && transaction.Term != term)
        {
            return new CommitResult(CommitOutcome.Unavailable, 0, null);
        }

        _draft.Mark();
        _transaction.Clear();
        var before = _version;
        _version += transaction.NewHistory ? HistoryStep : 0;
        var conflict = Check(transaction.Conditions);
        foreach (var write in transaction.Writes)
        {
            conflict ??= Apply(write, parts, time);
        }

        if (conflict is not null)
        {
            _draft.Rewind();
            _version = before;
            return new CommitResult(CommitOutcome.Conflict, 0, conflict);
        }

        return Accept();
    }

    /// <summary>Stores a changed object as part of the transaction under way.</summary>
    internal void Replace(IStoreObject old, IStoreObject item, Timestamp time)
    {
        SetMeta(item, old, time);
        Put(ChangeAction.Update, item.Kind, item.Id, new StoredObject(old), new StoredObject(item));
    }

    internal IStoreObject? Find(ObjectKind kind, string id) => _draft.Find(kind, id).Open();

    internal void Begin()
    {
        _draft.Mark();
        _transaction.Clear();
    }

    /// <summary>Ends the transaction under way: the version advances if anything changed.</summary>
    internal CommitResult Accept()
    {
        if (_transaction.Count > 0)
        {
            _version++;
            Changes.AddRange(_transaction);
        }

        return new CommitResult(CommitOutcome.Committed, _version, null);
    }

    private StoreConflict? Check(IEnumerable<LogCondition> conditions)
    {
        foreach (var condition in conditions)
        {
            var kind = (ObjectKind)condition.Kind;
            var found = _draft.Find(kind, condition.Id);
            var conflict = condition.Rule switch
            {
                LogCondition.Types.Rule.Version => found.IsNone
                    ? Conflicts.NotFound(kind, condition.Id)
                    : found.Version == condition.Version ? null : Conflicts.OutOfSequence(kind, condition.Id),
                LogCondition.Types.Rule.Exists => found.IsNone ? Conflicts.NotFound(kind, condition.Id) : null,
                LogCondition.Types.Rule.Absent => found.IsNone ? null : Conflicts.Exists(kind, condition.Id),
                LogCondition.Types.Rule.Unreferenced => _draft.ReferrerOf(kind, condition.Id) is { } by
                    ? Conflicts.Referenced(kind, condition.Id, by)
                    : null,
                LogCondition.Types.Rule.KeyFree => _draft.HolderOfKey(condition.Key, condition.Id) is { } holder
                    ? Conflicts.KeyInUse(kind, holder, condition.Key)
                    : null,
                _ => throw new InvalidDataException($"condition rule {condition.Rule} is not known to this version"),
            };
            if (conflict is not null)
            {
                return conflict;
            }
        }

        return null;
    }

    private StoreConflict? Apply(LogWrite write, SharedParts parts, Timestamp time)
    {
        var kind = (ObjectKind)write.Kind;
        var old = _draft.Find(kind, write.Id);
        if (write.Action != LogWrite.Types.Action.Create)
        {
            if (old.IsNone)
            {
                return Conflicts.NotFound(kind, write.Id);
            }

            if (write.Version != 0 && old.Version != write.Version)
            {
                return Conflicts.OutOfSequence(kind, write.Id);
            }
        }
        else if (!old.IsNone)
        {
            return Conflicts.Exists(kind, write.Id);
        }

        if (write.Action == LogWrite.Types.Action.Remove)
        {
            Put(ChangeAction.Remove, kind, write.Id, old, default);
            return null;
        }

        var item = PackedObject.Holds(kind) ? new StoredObject(Pack(write, old, time)) : new StoredObject(Parse(write, old, parts, time));
        if (item.Name is { } name && _draft.HolderOf(kind, name) is { } holder && holder != write.Id)
        {
            return Conflicts.NameInUse(kind, holder, name);
        }

        Put(old.IsNone ? ChangeAction.Create : ChangeAction.Update, kind, item.Id, old, item);
        return null;
    }

    private void Put(ChangeAction action, ObjectKind kind, string id, StoredObject old, StoredObject item)
    {
        _draft.Put(kind, id, old, item);
        _transaction.Add(new StoreChange(action, kind, old, item, _version + 1));
    }

    private PackedObject Pack(LogWrite write, StoredObject old, Timestamp time)
    {
        var now = PackedObject.Ticks(time);
        return new PackedObject((ObjectKind)write.Kind, write.Id, write.Name, write.Content, _version + 1, old.Packed?.CreatedAt ?? now, now);
    }

    private IStoreObject Parse(LogWrite write, StoredObject old, SharedParts parts, Timestamp time)
    {
        var item = ObjectCodec.Parse((ObjectKind)write.Kind, write.Content);
        var replaced = old.Open();
        if (item is SwarmTask task)
        {
            parts.Restore(task, write.Parts, replaced as SwarmTask);
        }

        SetMeta(item, replaced, time);
        return item;
    }

    private void SetMeta(IStoreObject item, IStoreObject? old, Timestamp time) => item.Meta = new Meta
    {
        Version = new ObjectVersion { Index = _version + 1 },
        CreatedAt = old?.Meta.CreatedAt ?? time,
        UpdatedAt = time,
    };
}
