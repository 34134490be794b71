using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>As many slots as there should be replicas (REP-8 to REP-11).</summary>
internal static class ScaleStep
{
    /// <summary>Creates or gives up slots; returns those that stay.</summary>
    public static List<SlotView> Run(Workspace work, List<SlotView> slots)
    {
        var wanted = work.Service.Spec.Replicated?.Replicas ?? 0;
        return (ulong)slots.Count > wanted ? ScaleDown(work, slots, (int)wanted) : slots;
    }

    /// <summary>Fills free slots from the lowest number on.</summary>
    public static void ScaleUp(Workspace work, List<SlotView> slots)
    {
        var wanted = work.Service.Spec.Replicated?.Replicas ?? 0;
        var used = slots.Select(s => s.Slot).ToHashSet();
        for (ulong slot = 1; (ulong)used.Count < wanted; slot++)
        {
            if (used.Add(slot))
            {
                work.Create(slot, TaskState.Running);
            }
        }
    }

    private static List<SlotView> ScaleDown(Workspace work, List<SlotView> slots, int wanted)
    {
        var perNode = new Dictionary<string, int>();
        var ranked = new List<(SlotView Slot, int Rank)>();
        foreach (var slot in slots.OrderBy(s => s.Updatable.Exists(t => t.Observed() == TaskState.Running) ? 0 : 1).ThenBy(s => s.Slot))
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
            foreach (var task in work.InSlot(victim.Slot))
            {
                work.SetDesired(task, TaskState.Remove);
            }
        }

        return [.. order.Take(wanted).OrderBy(s => s.Slot)];
    }
}
