using CsCheck;
using SwarmOrleans.Contracts;
using SwarmOrleans.Orchestration;

namespace SwarmOrleans.Tests.Unit.Orchestration;

/// <summary>What holds for every placement, checked by counting everything anew.</summary>
public sealed class SchedulerPropertyTests
{
    private static readonly DateTimeOffset Now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly Gen<Shape> Shapes = Gen.Select(
        Gen.Int[0, 8], Gen.Int[0, 8], Gen.Bool, Gen.Int[0, 5], (cpu, memory, ssd, health) => new Shape(cpu, memory, ssd, health));

    private static readonly Gen<Demand> Demands = Gen.Select(
        Gen.Int[0, 3], Gen.Int[0, 3], Gen.Bool, Gen.Int[0, 3], (cpu, memory, ssd, max) => new Demand(cpu, memory, ssd, (ulong)max));

    private static readonly Gen<Happening> Happenings = Gen.Select(
        Gen.Enum<What>(), Gen.Int[0, 11], Shapes, (what, number, shape) => new Happening(what, number, shape));

    private enum What
    {
        Enqueue,
        EndTask,
        ChangeNode,
        RemoveNode,
        Plan,
        PlanAndFailToCommit,
    }

    [Fact]
    public void AnyLife_EveryPlacementKeepsLimitsAndConstraints_AndWhatIsNotPlacedFitsNowhere() =>
        Gen.Select(Shapes.Array[0, 5], Demands.Array[1, 3], Happenings.Array[1, 20]).Sample((shapes, demands, happenings) =>
        {
            var world = new PlacementWorld();
            for (var i = 0; i < shapes.Length; i++)
            {
                world.SetNode($"n{i}", shapes[i].ToNode($"n{i}"));
            }

            foreach (var happening in happenings)
            {
                Happen(world, demands, happening);
            }

            world.Plan(Now, commit: true);
        });

    [Fact]
    public void EqualNodes_EveryServiceIsSpread_ByAtMostOneTask() =>
        Gen.Select(Gen.Int[1, 7], Gen.Select(Gen.Int[0, 2], Gen.Int[1, 9]).Array[1, 8]).Sample((nodes, batches) =>
        {
            var world = new PlacementWorld();
            for (var i = 0; i < nodes; i++)
            {
                world.SetNode($"n{i}", new Shape(64, 64, Ssd: true, Health: 2).ToNode($"n{i}"));
            }

            world.SetNode("drained", new Shape(64, 64, Ssd: true, Health: 0).ToNode("drained"));
            foreach (var (service, count) in batches)
            {
                world.Enqueue($"svc{service}", count, new TaskSpec());
                world.Plan(Now, commit: true);
                foreach (var ofService in world.Placed.GroupBy(t => t.ServiceId))
                {
                    var counts = Enumerable.Range(0, nodes).Select(i => ofService.Count(t => t.NodeId == $"n{i}")).ToList();
                    Assert.True(counts.Max() - counts.Min() <= 1, $"{ofService.Key}: {string.Join(" ", counts)}");
                }
            }
        });

    [Fact]
    public void TasksWithoutSpecVersion_AreJudgedEachByItself()
    {
        var scheduler = new Scheduler();
        scheduler.SetNode("n1", new Shape(2, 2, Ssd: false, Health: 2).ToNode("n1"));
        scheduler.SetTask(null, Alone("large", 4));
        scheduler.SetTask(null, Alone("small", 1));
        var decisions = scheduler.Plan(Now).ToDictionary(d => d.Task.Id);
        Assert.Equal("n1", decisions["small"].Node?.Id);
        Assert.StartsWith("no suitable node (insufficient resources on 1 node", decisions["large"].Explanation, StringComparison.Ordinal);
    }

    private static void Happen(PlacementWorld world, Demand[] demands, Happening happening)
    {
        var (what, number, shape) = happening;
        switch (what)
        {
            case What.Enqueue:
                world.Enqueue($"svc{number % demands.Length}", 1 + (number / 2), demands[number % demands.Length].ToSpec());
                break;
            case What.EndTask when world.Placed.Count > 0:
                world.End(world.Placed[number % world.Placed.Count]);
                break;
            case What.ChangeNode:
                world.SetNode($"n{number % 6}", shape.ToNode($"n{number % 6}"));
                break;
            case What.RemoveNode:
                world.SetNode($"n{number % 6}", null);
                break;
            case What.Plan or What.PlanAndFailToCommit:
                world.Plan(Now, what == What.Plan);
                break;
        }
    }

    private static SwarmTask Alone(string id, int cpu) => new()
    {
        Id = id,
        Spec = new Demand(cpu, 0, Ssd: false, 0).ToSpec(),
        Status = new SwarmTaskStatus { State = TaskState.New },
        DesiredState = TaskState.Running,
    };

    private sealed record Happening(What What, int Number, Shape Shape);

    private sealed record Demand(int Cpu, int Memory, bool Ssd, ulong Max)
    {
        public TaskSpec ToSpec()
        {
            var spec = new TaskSpec
            {
                Resources = new ResourceRequirements { Reservations = new Resources { NanoCpus = Cpu, MemoryBytes = Memory } },
                Placement = new Placement { MaxReplicas = Max },
            };
            if (Ssd)
            {
                spec.Placement.Constraints.Add("node.labels.disk==ssd");
            }

            return spec;
        }
    }

    /// <param name="Cpu">Whole units: the scheduler only compares and adds them.</param>
    /// <param name="Memory">As above.</param>
    /// <param name="Ssd">Has the label that some demands ask for.</param>
    /// <param name="Health">0 drained, 1 down, else ready.</param>
    private sealed record Shape(int Cpu, int Memory, bool Ssd, int Health)
    {
        public Node ToNode(string id)
        {
            var node = new Node
            {
                Id = id,
                Spec = new NodeSpec
                {
                    Annotations = new Annotations(),
                    Availability = Health == 0 ? NodeSpec.Types.Availability.Drain : NodeSpec.Types.Availability.Active,
                },
                Status = new NodeStatus { State = Health == 1 ? NodeStatus.Types.State.Down : NodeStatus.Types.State.Ready },
                Description = new NodeDescription { Hostname = id, Resources = new Resources { NanoCpus = Cpu, MemoryBytes = Memory } },
            };
            if (Ssd)
            {
                node.Spec.Annotations.Labels["disk"] = "ssd";
            }

            return node;
        }
    }
}
