using SwarmOrleans.Contracts;
using SwarmOrleans.Store.Tables;

namespace SwarmOrleans.Store.Snapshots;

/// <summary>What changed between two states that are not linked by the log.</summary>
internal static class StateDifference
{
    public static List<StoreChange> Between(TableSet old, TableSet now, ulong version)
    {
        var changes = new List<StoreChange>();
        for (var i = 0; i < TableSet.Kinds; i++)
        {
            var kind = (ObjectKind)i;
            foreach (var (id, before) in old.Objects(kind))
            {
                if (now.Find(kind, id).IsNone)
                {
                    changes.Add(new StoreChange(ChangeAction.Remove, kind, before, default, version));
                }
            }

            foreach (var (id, after) in now.Objects(kind))
            {
                var before = old.Find(kind, id);
                if (before.IsNone)
                {
                    changes.Add(new StoreChange(ChangeAction.Create, kind, default, after, version));
                }
                else if (before.Version != after.Version)
                {
                    changes.Add(new StoreChange(ChangeAction.Update, kind, before, after, version));
                }
            }
        }

        return changes;
    }
}
