using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>
/// Plans which running tasks of a replicated service to move so that they are spread as the scheduler would spread them (SCH-15, SCH-17). A task goes from the
/// fullest to the emptiest branch of the first placement preference at which they differ by two or more, at last from node to node; no plan makes a level
/// less even for the sake of a lower one, and no task moves twice in one.
/// </summary>
public static class Rebalancer
{
    /// <summary>How long a node on which a task of the service failed gets no task of it (SCH-16).</summary>
    public static readonly TimeSpan FailureMemory = TimeSpan.FromMinutes(5);

    /// <summary>Why the service's tasks never move; empty when they may.</summary>
    public static string Hindrance(Service service, Cluster? cluster)
    {
        ArgumentNullException.ThrowIfNull(service);
        var spec = service.Spec.Task;
        var reserved = spec.Resources?.Reservations;
        var strategy = spec.Placement?.Strategy is null or Placement.Types.Strategy.Default ? cluster?.Spec?.PlacementStrategy : spec.Placement.Strategy;
        return service switch
        {
            _ when !service.IsReplicated() => "only replicated services are spread",
            _ when strategy == Placement.Types.Strategy.Binpack && reserved is { NanoCpus: > 0 } or { MemoryBytes: > 0 } =>
                "its tasks are packed, not spread",
            _ when spec.Container?.Mounts.Any(StaysOnItsNode) == true => "its tasks use volumes that do not come along",
            _ when spec.Restart?.Condition == RestartPolicy.Types.RestartCondition.None => "its restart policy forbids to run its tasks again",
            _ => "",
        };
    }

    /// <summary>The moves that are worth it now, the most needed first.</summary>
    /// <param name="input">What there is.</param>
    /// <param name="max">Most moves to plan.</param>
    public static BalancePlan Plan(BalanceInput input, int max = int.MaxValue)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (Hindrance(input.Service, input.Cluster) is { Length: > 0 } hindrance)
        {
            return new BalancePlan([], hindrance);
        }

        var onNode = input.Tasks.Where(t => t.IsWanted() && t.NodeId.Length > 0 && !input.Leaving.Contains(t.Id)).GroupBy(t => t.NodeId).ToDictionary(g => g.Key, g => g.ToList());
        var descriptors = SpreadTree.Descriptors(input.Service.Spec.Task.Placement);
        if (descriptors.Count == 0 && onNode.Values.All(tasks => tasks.Count <= 1))
        {
            return BalancePlan.None;
        }

        var group = new PlacementGroup(Sample(input), new ServiceLoad(input.Service.Id), new VolumeSet());
        var (root, lookAgainAt) = Root(input, group, onNode, new SpreadTree(descriptors));
        var room = new NodeRoom(group, input.TasksOnNode);
        return new BalancePlan([.. Improve(root, room).Take(max)], "", lookAgainAt);
    }

    // Named volumes live on their node; cluster volumes are published there.
    private static bool StaysOnItsNode(Mount mount) =>
        mount.Type == Mount.Types.Type.Cluster || (mount.Type == Mount.Types.Type.Volume && mount.Source.Length > 0);

    // What a task made now would ask of a node.
    private static SwarmTask Sample(BalanceInput input)
    {
        var sample = TaskFactory.Create(input.Service, input.Cluster, SlotKey.Numbered(1), TaskState.Running, "", Timestamp.FromDateTimeOffset(input.Now));
        if (input.Tasks.FirstOrDefault(t => t.IsWanted() && t.Networks.Count > 0) is { } attached)
        {
            sample.Networks.AddRange(attached.Networks);
        }

        return sample;
    }

    private static (BalanceBranch Root, DateTimeOffset? LookAgainAt) Root(
        BalanceInput input, PlacementGroup group, Dictionary<string, List<SwarmTask>> onNode, SpreadTree tree)
    {
        var nodes = InTurn(input);
        var leaves = nodes.ConvertAll(tree.LeafOf);
        var branches = BranchesOf(tree);
        var openings = new BalanceOpenings(input, group);
        var movable = Movable(input);
        var capacity = input.Service.Spec.Task.Placement?.MaxReplicas is { } most and > 0 and < int.MaxValue ? (int)most : int.MaxValue;
        for (var i = 0; i < nodes.Count; i++)
        {
            var branch = new BalanceBranch(branches[leaves[i]]) { Node = nodes[i], Capacity = capacity, IsOpen = openings.IsOpen(nodes[i]) };
            foreach (var task in (onNode.GetValueOrDefault(nodes[i].Id) ?? []).Where(t => movable.Contains(t.Id)).OrderBy(t => t.Slot))
            {
                branch.Movable.Push(task);
            }
        }

        var root = branches[^1];
        root.Build(node => onNode.GetValueOrDefault(node.Id)?.Count ?? 0);
        return (root, openings.LookAgainAt);
    }

    // The branch of each leaf by the leaf's number, and at last the root.
    private static BalanceBranch[] BranchesOf(SpreadTree tree)
    {
        var all = new BalanceBranch[tree.Count];
        var leaves = new BalanceBranch[tree.Leaves + 1];
        for (var i = 0; i < tree.Count; i++)
        {
            all[i] = new BalanceBranch(i == 0 ? null : all[tree[i].Parent]);
            if (tree[i].Leaf >= 0)
            {
                leaves[tree[i].Leaf] = all[i];
            }
        }

        leaves[^1] = all[0];
        return leaves;
    }

    // A task moves if it is what its slot relies on: one that is being replaced, or not there yet, is somebody else's matter.
    private static HashSet<string> Movable(BalanceInput input) => input.Tasks.Where(t => t.IsWanted()).GroupBy(t => t.Slot)
        .Where(slot => slot.Count() == 1).Select(slot => slot.First())
        .Where(t => t.Observed() == TaskState.Running && t.DesiredState == TaskState.Running && input.MayMove(t))
        .Select(t => t.Id).ToHashSet();

    // Services begin with different nodes, so that not all of them fill the same new one first.
    private static List<Node> InTurn(BalanceInput input)
    {
        var nodes = input.AllNodes().OrderBy(n => n.Id, StringComparer.Ordinal).ToList();
        if (nodes.Count == 0)
        {
            return nodes;
        }

        var turn = (int)(input.Service.Id.Aggregate(0L, (sum, letter) => ((sum * 31) + letter) & 0xFFFFFF) % nodes.Count);

        if (nodes.Count > NodeRoom.MaxNodes)
        {
            // Not all of them may be looked into: others are in the next minute.
            turn = (int)((turn + (input.Now.ToUnixTimeSeconds() / 60 * NodeRoom.MaxNodes)) % nodes.Count);
        }

        return [.. nodes[turn..], .. nodes[..turn]];
    }

    private static IEnumerable<BalanceMove> Improve(BalanceBranch branch, NodeRoom room)
    {
        while (branch.Fullest() is { } from && branch.Emptiest() is { } to && from.Count - to.Count >= 2)
        {
            var target = to.TargetNode();
            if (!room.TryTake(target.Node!))
            {
                target.IsOpen = false;
                target.Change(0);
                continue;
            }

            var source = from.SourceNode();
            var task = source.Movable.Pop();
            source.Change(-1);
            target.Change(1);
            yield return new BalanceMove(task, target.Node!);
        }

        // What is moved between branches is settled: now each of them inside.
        foreach (var move in branch.Children.Where(c => c.Node is null).SelectMany(c => Improve(c, room)))
        {
            yield return move;
        }
    }
}
