using CsCheck;
using SwarmOrleans.Contracts;
using SwarmOrleans.Orchestration;

namespace SwarmOrleans.Tests.Unit.Orchestration;

public sealed class PlacementTests
{
    private static readonly DateTimeOffset Now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Tasks_AreSpreadOverTheNodes()
    {
        var scheduler = With(5);
        var decisions = Enqueue(scheduler, 12).Plan(Now);
        var counts = decisions.GroupBy(d => d.Node!.Id).Select(g => g.Count()).ToList();
        Assert.Equal(12, counts.Sum());
        Assert.True(counts.Max() - counts.Min() <= 1);
    }

    [Fact]
    public void NodeWithFewestTasksOfTheService_IsBest_ThenFewestInAll()
    {
        var scheduler = With(3);
        Run(scheduler, "other", "n1", 1);
        Run(scheduler, "svc", "n2", 1);
        Run(scheduler, "other", "n3", 2);
        var order = Enqueue(scheduler, 3).Plan(Now).Select(d => d.Node!.Id);
        Assert.Equal(["n1", "n3", "n2"], order);
    }

    [Fact]
    public void NothingSuitable_ExplainsFilterByFilter()
    {
        var scheduler = new Scheduler();
        foreach (var (id, change) in new (string, Action<Node>)[]
        {
            ("n1", n => n.Status.State = NodeStatus.Types.State.Down),
            ("n2", n => n.Spec.Availability = NodeSpec.Types.Availability.Drain),
            ("n3", n => n.Description.Resources.MemoryBytes = 1),
            ("n4", _ => { }),
        })
        {
            var node = NodeOf(id);
            change(node);
            scheduler.SetNode(id, node);
        }

        var task = TaskOf("t1");
        task.Spec.Resources = new ResourceRequirements { Reservations = new Resources { MemoryBytes = 1 << 20 } };
        task.Spec.Placement = new Placement { Constraints = { "node.labels.disk==ssd" } };
        scheduler.SetTask(null, task);
        var decision = Assert.Single(scheduler.Plan(Now));
        Assert.Null(decision.Node);
        Assert.Equal(
            "no suitable node (2 nodes not available for new tasks; insufficient resources on 1 node; scheduling constraints not satisfied on 1 node)",
            decision.Explanation);
        Assert.False(scheduler.HasWork);
        scheduler.SetNode("n5", NodeOf("n5"));
        Assert.True(scheduler.HasWork);
    }

    [Fact]
    public void MaxReplicasPerNode_IsKept()
    {
        var scheduler = With(2);
        foreach (var task in Enumerable.Range(0, 5).Select(i => TaskOf($"t{i}")))
        {
            task.Spec.Placement = new Placement { MaxReplicas = 2 };
            scheduler.SetTask(null, task);
        }

        var decisions = scheduler.Plan(Now);
        Assert.Equal(4, decisions.Count(d => d.Node is not null));
        Assert.Equal("no suitable node (max replicas per node limit exceed)", decisions.Single(d => d.Node is null).Explanation);
    }

    [Fact]
    public void NodeWhereTheServiceKeepsFailing_IsAvoided()
    {
        var scheduler = With(2);
        for (var i = 0; i < 5; i++)
        {
            var task = Run(scheduler, "svc", "n1", 1, $"f{i}").Single();
            var failed = task.Clone();
            failed.Status = new SwarmTaskStatus { State = TaskState.Failed, Timestamp = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(Now) };
            scheduler.SetTask(task, failed);
        }

        Run(scheduler, "svc", "n2", 3);
        Assert.Equal("n2", Assert.Single(Enqueue(scheduler, 1).Plan(Now)).Node!.Id);
        Assert.Equal("n1", Assert.Single(Enqueue(scheduler, 1).Plan(Now + TimeSpan.FromMinutes(6))).Node!.Id);
    }

    [Fact]
    public void UndonePlacement_WaitsAgain()
    {
        var scheduler = With(1);
        var decision = Assert.Single(Enqueue(scheduler, 1).Plan(Now));
        Assert.Equal(0, scheduler.Waiting);
        scheduler.Undo(decision);
        Assert.True(scheduler.HasWork);
        Assert.NotNull(Assert.Single(scheduler.Plan(Now)).Node);
    }

    [Fact]
    public void AnyLoad_ReservationsNeverExceedTheNode() =>
        Gen.Select(Gen.Int[1, 6], Gen.Int[0, 40], Gen.Int[1, 5]).Sample((nodes, tasks, cpu) =>
        {
            var scheduler = With(nodes);
            for (var i = 0; i < tasks; i++)
            {
                var task = TaskOf($"t{i}", i % 2 == 0 ? "a" : "b");
                task.Spec.Resources = new ResourceRequirements { Reservations = new Resources { NanoCpus = cpu * 500_000_000L } };
                scheduler.SetTask(null, task);
            }

            var perNode = scheduler.Plan(Now).Where(d => d.Node is not null).GroupBy(d => d.Node!.Id).ToList();
            return perNode.All(g => g.Count() * cpu * 500_000_000L <= 4_000_000_000) && perNode.Sum(g => g.Count()) == Math.Min(tasks, nodes * (8 / cpu));
        });

    [Fact]
    public void AT_ENF_4_TaskBeyondItsNodesResources_IsFound_GenericOnesIncluded()
    {
        var node = NodeOf("n1");
        var tasks = new[] { TaskOf("a"), TaskOf("b"), TaskOf("c") };
        foreach (var task in tasks)
        {
            task.NodeId = "n1";
            task.Spec.Resources = new ResourceRequirements { Reservations = new Resources { NanoCpus = 2_000_000_000 } };
        }

        tasks[0].Spec.Placement = new Placement { Constraints = { "node.role==manager" } };
        Assert.Equal(["a"], ConstraintEnforcer.FindViolations(node, tasks, _ => null).Select(t => t.Id));
        node.Description.Resources.NanoCpus = 2_000_000_000;
        Assert.Equal(["a", "c"], ConstraintEnforcer.FindViolations(node, tasks, _ => null).Select(t => t.Id));
        tasks[0].Spec.Placement = null;
        tasks[0].AssignedGenericResources.Add(new GenericResource { NamedResourceSpec = new NamedGenericResource { Kind = "gpu", Value = "one" } });
        node.Description.Resources.Generic.Add(new GenericResource { NamedResourceSpec = new NamedGenericResource { Kind = "gpu", Value = "one" } });
        Assert.Equal(["b", "c"], ConstraintEnforcer.FindViolations(node, tasks, _ => null).Select(t => t.Id));
        node.Description.Resources.Generic[0].NamedResourceSpec.Value = "two";
        Assert.Equal(["a", "c"], ConstraintEnforcer.FindViolations(node, tasks, _ => null).Select(t => t.Id));
        node.Spec.Availability = NodeSpec.Types.Availability.Pause;
        Assert.Empty(ConstraintEnforcer.FindViolations(node, tasks, _ => null));
    }

    private static Scheduler With(int nodes)
    {
        var scheduler = new Scheduler();
        for (var i = 1; i <= nodes; i++)
        {
            scheduler.SetNode($"n{i}", NodeOf($"n{i}"));
        }

        return scheduler;
    }

    private static Scheduler Enqueue(Scheduler scheduler, int count)
    {
        for (var i = 0; i < count; i++)
        {
            scheduler.SetTask(null, TaskOf($"new{i}"));
        }

        return scheduler;
    }

    private static List<SwarmTask> Run(Scheduler scheduler, string service, string node, int count, string prefix = "run")
    {
        var tasks = new List<SwarmTask>();
        for (var i = 0; i < count; i++)
        {
            var task = TaskOf($"{prefix}-{service}-{node}-{i}", service);
            task.NodeId = node;
            task.Status.State = TaskState.Running;
            scheduler.SetTask(null, task);
            tasks.Add(task);
        }

        return tasks;
    }

    private static Node NodeOf(string id) => new()
    {
        Id = id,
        Spec = new NodeSpec { Availability = NodeSpec.Types.Availability.Active },
        Status = new NodeStatus { State = NodeStatus.Types.State.Ready },
        Description = new NodeDescription { Hostname = id, Resources = new Resources { NanoCpus = 4_000_000_000, MemoryBytes = 8L << 30 } },
    };

    private static SwarmTask TaskOf(string id, string service = "svc") => new()
    {
        Id = id,
        ServiceId = service,
        Spec = new TaskSpec { Container = new ContainerSpec { Image = "v1" } },
        SpecVersion = new ObjectVersion { Index = 1 },
        Status = new SwarmTaskStatus { State = TaskState.New },
        DesiredState = TaskState.Running,
    };
}
