using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;
using SwarmOrleans.Orchestration;
using Kind = SwarmOrleans.Contracts.Hold.Types.Kind;

namespace SwarmOrleans.Tests.Unit.Orchestration.Explaining;

/// <summary>What a service is said to wait for while its real reconciler is at work.</summary>
public sealed class ServiceExplainerTests
{
    [Fact]
    public void NothingKeepsAServiceThatRuns()
    {
        var world = new ServiceWorld(3);
        world.Settle();
        var explanation = Explain(world);
        Assert.Equal((3UL, 3UL, 0UL, 0UL), (explanation.Desired, explanation.Running, explanation.Starting, explanation.Pending));
        Assert.Equal("nothing keeps it", explanation.Summary);
        Assert.Empty(explanation.Holds);
    }

    [Fact]
    public void PendingTasks_AreGroupedByTheirReason()
    {
        var world = new ServiceWorld(5, 2, s => s.Task.Placement = new Placement { MaxReplicas = 1 }) { CanPlace = t => t.Slot <= 2 };
        world.Settle();
        world.Add(TaskState.Running, TaskState.New, slot: 9, configure: t => t.Status.Err = "waiting for a network: network x does not exist");
        var explanation = Explain(world);
        Assert.Equal((5UL, 2UL, 4UL), (explanation.Desired, explanation.Running, explanation.Pending));
        Assert.Equal(
            [
                (3UL, TaskExplanation.Types.Phase.Placing, "no suitable node (max replicas per node limit exceed)"),
                (1UL, TaskExplanation.Types.Phase.Allocating, "waiting for a network: network x does not exist"),
            ],
            explanation.PendingTasks.Select(p => (p.Tasks, p.Phase, p.Reason)));
        Assert.Equal(TaskState.New, world.Tasks.Single(t => t.Id == explanation.PendingTasks[0].ExampleTaskId).Observed());
        Assert.StartsWith("4 tasks have no node: no suitable node", explanation.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public void TasksForTheirNodes_ThatWaitForTheSameReason_AreOneGroup()
    {
        var world = ServiceWorld.Of(s => s.Global = new GlobalService());
        world.Step();
        world.SetAvailability("n1", NodeSpec.Types.Availability.Pause);
        world.SetAvailability("n2", NodeSpec.Types.Availability.Pause);
        Assert.Equal(
            [(2UL, "its node cannot run it: the node is READY and its availability is PAUSE"), (1UL, "its node can run it: the scheduler has not come to it yet")],
            Explain(world).PendingTasks.Select(p => (p.Tasks, p.Reason)));
        Assert.Equal(1UL, Explain(world).Desired);
    }

    [Fact]
    public void Update_SaysWhatItWaitsFor_AtEachOfItsTurns()
    {
        var world = new ServiceWorld(2, 2, s => s.Update = new UpdateConfig
        {
            Parallelism = 1,
            Delay = Span(10),
            Monitor = Span(30),
            ProgressDeadline = Span(60),
        });
        world.Settle();
        world.Agent = t => t.Spec.Container.Image == "v2" ? TaskState.Preparing : TaskState.Running;
        world.Update(s => s.Task.Container.Image = "v2");
        world.Settle();
        var underWay = Assert.Single(Explain(world).Holds);
        Assert.Equal((Kind.UpdateUnderWay, 1UL, At(world, 60)), (underWay.Kind, underWay.Count, underWay.Until));
        Assert.Equal("the replaced tasks are not running yet; 1 slots wait for their turn", underWay.Text);
        Assert.Equal(1UL, Explain(world).Outdated);

        world.Agent = _ => TaskState.Running;
        world.Settle();
        var delay = Assert.Single(Explain(world).Holds);
        Assert.Equal((Kind.UpdateDelay, 1UL, At(world, 10)), (delay.Kind, delay.Count, delay.Until));

        world.Put(Rollouts.Pause(world.Service!));
        Assert.Equal((Kind.UpdatePaused, 1UL), (Assert.Single(Explain(world).Holds).Kind, Explain(world).Holds[0].Count));
        Assert.StartsWith("update paused by an operator", Explain(world).Summary, StringComparison.Ordinal);
        world.Put(Rollouts.Resume(world.Service!));

        world.Advance(TimeSpan.FromSeconds(10));
        var monitor = Assert.Single(Explain(world).Holds);
        Assert.Equal((Kind.UpdateMonitor, 2UL, At(world, 30)), (monitor.Kind, monitor.Count, monitor.Until));
        world.Advance(TimeSpan.FromSeconds(30));
        Assert.Empty(Explain(world).Holds);
        Assert.Equal(UpdateStatus.Types.UpdateState.Completed, Explain(world).UpdateStatus.State);
    }

    [Fact]
    public void Restarts_SayWhenTheyAreDue_AndWhenNoMoreWillCome()
    {
        var world = new ServiceWorld(1, 1, s => s.Task.Restart = new RestartPolicy { Condition = RestartPolicy.Types.RestartCondition.OnFailure, Delay = Span(7), MaxAttempts = 1 });
        world.Settle();
        world.SetState(world.Running.Single(), TaskState.Failed);
        world.Settle();
        var delay = Assert.Single(Explain(world).Holds);
        Assert.Equal((Kind.RestartDelay, 1UL, At(world, 7)), (delay.Kind, delay.Count, delay.Until));
        Assert.Equal(TaskState.Ready, world.Tasks.Single(t => t.Id == delay.ExampleTaskId).DesiredState);
        world.Advance(TimeSpan.FromSeconds(7));
        world.SetState(world.Running.Single(), TaskState.Failed);
        world.Settle();
        Assert.Equal((Kind.RestartAttempts, 1UL), (Assert.Single(Explain(world).Holds).Kind, Explain(world).Holds[0].Count));
    }

    [Fact]
    public void TaskThatIsDone_IsNotRunAgain_AndOneBehindAnother_Waits()
    {
        var world = new ServiceWorld(1, 1, s => s.Task.Restart = new RestartPolicy { Condition = RestartPolicy.Types.RestartCondition.None });
        world.Settle();
        world.StopsTasks = false;
        world.Update(s => s.Task.Container.Image = "v2");
        world.Settle();
        Assert.Contains(Explain(world).Holds, h => h.Kind == Kind.PredecessorStops && h.Until.ToDateTimeOffset() > world.Now);
        world.StopsTasks = true;
        world.Finish(TimeSpan.FromHours(1));
        world.SetState(world.Running.Single(), TaskState.Complete);
        world.Settle();
        Assert.Equal(Kind.RestartCondition, Assert.Single(Explain(world).Holds).Kind);
    }

    [Fact]
    public void Removal_IsAllThatThereIsToSay()
    {
        var world = new ServiceWorld(2) { StopsTasks = false };
        world.Settle();
        world.RequestRemoval();
        world.Settle();
        var explanation = Explain(world);
        Assert.Equal((Kind.Removal, 2UL, 0UL), (Assert.Single(explanation.Holds).Kind, explanation.Holds[0].Count, explanation.Desired));
        Assert.StartsWith("the service is being removed", explanation.Summary, StringComparison.Ordinal);
    }

    private static ServiceExplanation Explain(ServiceWorld world) => ServiceExplainer.Explain(world.Service!, new ExplainInput
    {
        AllNodes = () => world.Nodes.Values,
        FindNode = id => world.Nodes.GetValueOrDefault(id),
        TasksOnNode = id => world.Tasks.Where(t => t.NodeId == id),
        TasksOfService = _ => world.Tasks,
        FindService = _ => world.Service,
        FindProgress = _ => world.Progress,
        Cluster = world.Cluster,
        Now = world.Now,
    });

    private static Duration Span(int seconds) => Duration.FromTimeSpan(TimeSpan.FromSeconds(seconds));

    private static Timestamp At(ServiceWorld world, int seconds) => Timestamp.FromDateTimeOffset(world.Now + TimeSpan.FromSeconds(seconds));
}
