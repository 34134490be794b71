using CsCheck;
using SwarmOrleans.Contracts;
using SwarmOrleans.Orchestration;
using SwarmOrleans.Tests.Unit.Orchestration.Placing;

namespace SwarmOrleans.Tests.Unit.Orchestration.Explaining;

/// <summary>An explanation and the scheduler say the same about every swarm.</summary>
public sealed class ExplanationPropertyTests
{
    [Fact]
    public void ANode_IsExplainedAsFitting_ExactlyWhenTheSchedulerPlacesTheTaskThere_WhenNoOtherNodeIsThere() =>
        Gen.Int[0, int.MaxValue - 1].Sample(
            seed =>
            {
                var random = new Random(seed);
                var world = WorldOf(random);
                var task = world.TaskOf("asking", t => Ask(t, random));
                var placement = TaskExplainer.Explain(task, world.Input(), TaskExplainer.MaxNodes).Placement;
                Assert.Equal(world.Nodes.Count, placement.ShownNodes.Count);
                foreach (var shown in placement.ShownNodes)
                {
                    var placed = Place(world, task, n => n == shown.NodeId);
                    Assert.True((placed.Node is not null) == (shown.Refusals.Count == 0), $"seed {seed}: {shown}, but {placed.Explanation}");
                }

                // Among all nodes it takes a fitting one, or says in its own words what the explanation says.
                var decision = Place(world, task, _ => true);
                var fitting = placement.ShownNodes.Where(n => n.Refusals.Count == 0).Select(n => n.NodeId).ToList();
                Assert.Equal(fitting.Count, (int)placement.FittingNodes);
                Assert.True(decision.Node is null ? fitting.Count == 0 : fitting.Contains(decision.Node.Id), $"seed {seed}: {decision.Node?.Id}");
                Assert.Equal(decision.Node is null ? decision.Explanation : placement.Text, placement.Text);
            },
            iter: 400);

    private static SchedulerWorld WorldOf(Random random)
    {
        var world = new SchedulerWorld();
        for (var i = 0; i < random.Next(1, 6); i++)
        {
            world.Node($"n{i}", node =>
            {
                node.Status.State = random.Next(6) == 0 ? NodeStatus.Types.State.Down : NodeStatus.Types.State.Ready;
                node.Spec.Availability = (NodeSpec.Types.Availability)Math.Max(0, random.Next(-5, 3));
                node.Spec.Annotations.Labels["disk"] = random.Next(2) == 0 ? "ssd" : "hdd";
                node.Description.Platform = new Platform { Os = random.Next(3) == 0 ? "windows" : "linux", Architecture = "x86_64" };
                node.Description.Resources = new Resources { NanoCpus = random.Next(5) * 1_000_000_000L, MemoryBytes = random.Next(5) };
                node.Description.Resources.Generic.AddRange(Generic.Set("gpu", [.. Enumerable.Range(0, random.Next(3)).Select(g => $"g{g}")]));
                node.Description.Engine.Plugins.Add(new PluginDescription { Type = "Log", Name = random.Next(2) == 0 ? "syslog" : "json" });
            });
            for (var t = 0; t < random.Next(4); t++)
            {
                world.Run($"n{i}", 1, random.Next(2) == 0 ? "asking" : "other", task =>
                {
                    Ask(task, random);
                    task.Status.State = random.Next(5) switch { 0 => TaskState.Failed, 1 => TaskState.Assigned, _ => TaskState.Running };
                    task.DesiredState = random.Next(5) == 0 ? TaskState.Shutdown : TaskState.Running;
                    task.AssignedGenericResources.AddRange(random.Next(4) == 0 ? Generic.Set("gpu", "g0") : []);
                });
            }
        }

        return world;
    }

    private static void Ask(SwarmTask task, Random random)
    {
        task.SpecVersion.Index = (ulong)task.Slot;
        task.Spec.Resources = SchedulerWorld.Reserve(random.Next(3), random.Next(3), random.Next(3) == 0 ? [("gpu", random.Next(3))] : []);
        task.Spec.Placement.MaxReplicas = (ulong)random.Next(3);
        task.Spec.LogDriver = random.Next(3) == 0 ? new Driver { Name = "syslog" } : null;
        if (random.Next(3) == 0)
        {
            task.Spec.Placement.Constraints.Add(random.Next(2) == 0 ? "node.labels.disk==ssd" : "node.hostname!=n1");
        }

        if (random.Next(3) == 0)
        {
            task.Spec.Placement.Platforms.Add(new Platform { Os = "linux" });
        }

        if (random.Next(3) == 0)
        {
            var port = new PortConfig { PublishMode = PortConfig.Types.PublishMode.Host, PublishedPort = (uint)random.Next(80, 82) };
            task.Endpoint = new Endpoint { Ports = { port } };
        }
    }

    private static PlacementDecision Place(SchedulerWorld world, SwarmTask task, Predicate<string> isThere)
    {
        var scheduler = new Scheduler();
        foreach (var node in world.Nodes.Values.Where(n => isThere(n.Id)))
        {
            scheduler.SetNode(node.Id, node);
        }

        foreach (var known in world.Tasks.Values)
        {
            scheduler.SetTask(null, known);
        }

        scheduler.SetTask(null, task);
        return scheduler.Plan(world.Now).Single(d => d.Task.Id == task.Id);
    }
}
