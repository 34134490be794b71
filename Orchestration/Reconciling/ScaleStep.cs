using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>As many slots as there should be replicas (REP-8 to REP-11).</summary>
internal static class ScaleStep
{
    /// <summary>Gives up slots that are too many; returns those that stay.</summary>
    public static List<SlotView> Run(Workspace work, List<SlotView> slots)
    {
        var wanted = work.Service.Spec.Replicated?.Replicas ?? 0;
        return (ulong)slots.Count > wanted ? ScaleDown(work, slots, (int)wanted) : slots;
    }

    /// <summary>Fills free slots from the lowest number on; what is left in slots that nobody needs goes when it has stopped.</summary>
    public static void ScaleUp(Workspace work, List<SlotView> slots)
    {
        var wanted = work.Service.Spec.Replicated?.Replicas ?? 0;
        var used = slots.Select(s => s.Key.Slot).ToHashSet();
        for (ulong slot = 1; (ulong)used.Count < wanted; slot++)
        {
            if (used.Add(slot))
            {
                StartStep.Create(work, SlotKey.Numbered(slot));
            }
        }

        foreach (var key in work.Slots.Where(k => !used.Contains(k.Slot)))
        {
            Retire(work, key);
        }
    }

    private static List<SlotView> ScaleDown(Workspace work, List<SlotView> slots, int wanted)
    {
        var perNode = new Dictionary<string, int>();
        var ranked = new List<(SlotView Slot, int Rank)>();
        foreach (var slot in slots.OrderBy(s => Array.Exists(s.Updatable, t => t.Observed() == TaskState.Running) ? 0 : 1).ThenBy(s => s.Key))
        {
            var rank = int.MaxValue;
            if (slot.Updatable is [{ NodeId.Length: > 0 } only])
            {
                rank = perNode.GetValueOrDefault(only.NodeId) + 1;
                perNode[only.NodeId] = rank;
            }

            ranked.Add((slot, rank));
        }

        // A stable sort keeps running before not running and low before high slots inside one rank.
        var order = ranked.OrderBy(r => r.Rank).Select(r => r.Slot).ToList();
        foreach (var victim in order.Skip(wanted))
        {
            Retire(work, victim.Key);
        }

        return [.. order.Take(wanted).OrderBy(s => s.Key)];
    }

    private static void Retire(Workspace work, SlotKey key)
    {
        foreach (var task in work.InSlot(key))
        {
            work.SetDesired(task, TaskState.Remove);
        }
    }
}
