using SwarmOrleans.Contracts;
using SwarmOrleans.Store;

namespace SwarmOrleans.Control.Watching;

/// <summary>Which changes one entry of a watch request asks for (D.3): a kind, actions, and filters that must all hold.</summary>
internal sealed class WatchSelector
{
    private readonly WatchActionKind _actions;
    private readonly ObjectKind _kind;
    private readonly List<Func<IStoreObject, bool>> _filters = [];

    /// <exception cref="UseCaseException">The entry breaks a rule.</exception>
    public WatchSelector(WatchRequest.Types.WatchEntry entry)
    {
        if (entry.Kind.Length == 0)
        {
            throw UseCaseException.Invalid("no kind of object specified");
        }

        const WatchActionKind All = WatchActionKind.WatchActionCreate | WatchActionKind.WatchActionUpdate | WatchActionKind.WatchActionRemove;
        if (entry.Action == WatchActionKind.WatchActionUnknown || (entry.Action & ~All) != 0)
        {
            throw UseCaseException.Invalid("unrecognized action");
        }

        _actions = entry.Action;
        _kind = WatchKinds.Parse(entry.Kind);
        if (_kind == ObjectKind.Resource)
        {
            // Any other word is the kind of a resource.
            _filters.Add(item => ((Resource)item).Kind == entry.Kind);
        }

        if (entry.Filters.GroupBy(f => f.ByCase).Any(g => g.Count() > 1))
        {
            throw UseCaseException.Invalid("conflicting filters specified");
        }

        foreach (var filter in entry.Filters)
        {
            _filters.Add(WatchFilters.Create(_kind, entry.Kind, filter));
        }
    }

    /// <summary>True when the entry asks for the change.</summary>
    public bool Matches(in StoreChange change)
    {
        var action = ActionOf(change.Action);
        if (change.Kind != _kind || (_actions & action) == 0)
        {
            return false;
        }

        var item = (change.New ?? change.Old)!;
        return _filters.TrueForAll(filter => filter(item));
    }

    public static WatchActionKind ActionOf(ChangeAction action) => action switch
    {
        ChangeAction.Create => WatchActionKind.WatchActionCreate,
        ChangeAction.Update => WatchActionKind.WatchActionUpdate,
        _ => WatchActionKind.WatchActionRemove,
    };
}
