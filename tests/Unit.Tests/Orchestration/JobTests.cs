using SwarmOrleans.Contracts;
using SwarmOrleans.Orchestration;
using SwarmOrleans.Silo.Reconciling;
using SwarmOrleans.Testing;
using Condition = SwarmOrleans.Contracts.RestartPolicy.Types.RestartCondition;
using NodeState = SwarmOrleans.Contracts.NodeStatus.Types.State;

namespace SwarmOrleans.Tests.Unit.Orchestration;

public sealed class JobTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Fact]
    public void AT_JOB_1_JobsBeginAtOnce_GoOnWhenTasksEnd_AndStopWhenTheyAreRemoved()
    {
        var world = Replicated(concurrent: 2, total: 3);
        world.Settle();
        Assert.Equal(2, world.Running.Count);
        Assert.True(world.Step().IsEmpty);
        world.SetState(world.Running[0], TaskState.Complete);
        world.Settle();
        Assert.Equal(2, world.Running.Count);
        world.RequestRemoval();
        world.Step();
        Assert.All(world.Tasks, t => Assert.Equal(TaskState.Remove, t.DesiredState));

        var global = Global();
        global.Settle();
        Assert.Equal(3, global.Running.Count);
    }

    [Fact]
    public void AT_JOB_2_ConditionNone_AFailedTaskIsNotReplaced_WhateverHappensElse()
    {
        var world = Replicated(concurrent: 2, total: 2, Policy(Condition.None));
        world.Settle();
        world.SetState(world.Running[0], TaskState.Failed);
        world.Finish(Hour);
        world.SetState(world.Running[0], TaskState.Complete);
        world.Finish(Hour);
        Assert.Equal(2, world.Tasks.Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AT_JOB_2_MaxAttempts_OneTaskAndThreeRestarts_ForGlobalJobsToo(bool isGlobal)
    {
        var policy = Policy(Condition.OnFailure, maxAttempts: 3);
        var world = isGlobal ? Global(policy, nodes: 1) : Replicated(1, 1, policy);
        var passed = new HashSet<(string, TaskState)>();
        world.Agent = t => t.DesiredState == TaskState.Complete ? TaskState.Failed : TaskState.Running;
        world.Invariant = w => passed.UnionWith(w.Tasks.Select(t => (t.Id, t.DesiredState)));
        world.Finish(Hour);
        Assert.Equal(4, world.Tasks.Count);
        Assert.All(world.Tasks.Skip(1), t => Assert.True(passed.Contains((t.Id, TaskState.Ready)) && passed.Contains((t.Id, TaskState.Complete))));
    }

    [Fact]
    public void AT_JOB_3_NoTasks_AsManyAsMayRunAtOnce_InTheLowestSlots()
    {
        var world = Replicated(concurrent: 10, total: 20);
        world.Cluster.Spec.TaskDefaults = new TaskDefaults { LogDriver = new Driver { Name = "json" } };
        world.Step();
        Assert.Equal(Enumerable.Range(0, 10).Select(i => (ulong)i), world.Tasks.Select(t => t.Slot));
        Assert.All(world.Tasks, t => Assert.Equal((TaskState.Complete, 0ul, "json"), (t.DesiredState, t.JobIteration.Index, t.LogDriver.Name)));
        world = Replicated(concurrent: 0, total: 20);
        world.Step();
        Assert.Empty(world.Tasks);
    }

    [Fact]
    public void AT_JOB_3_ExistingTasks_AreCompletedToTheirNumber_InFreeSlots()
    {
        var world = Replicated(concurrent: 10, total: 20);
        for (ulong slot = 0; slot < 12; slot += 2)
        {
            world.Add(TaskState.Complete, TaskState.Running, "n1", slot);
        }

        world.Step();
        Assert.Equal([0ul, 1, 2, 3, 4, 5, 6, 7, 8, 10], world.Tasks.Select(t => t.Slot));
    }

    [Fact]
    public void AT_JOB_3_StoppedTasks_LeaveTheirSlotsFree()
    {
        var world = Replicated(concurrent: 3, total: 20);
        world.Add(TaskState.Shutdown, TaskState.Shutdown, "n1", 0);
        world.Add(TaskState.Shutdown, TaskState.Shutdown, "n1", 1);
        world.Step();
        Assert.Equal([0ul, 1, 2], world.Wanted.Select(t => t.Slot));
    }

    [Fact]
    public void AT_JOB_3_FailedTasks_KeepTheirSlots_AndAreRestartedThere()
    {
        var world = Replicated(concurrent: 4, total: 20);
        world.Add(TaskState.Complete, TaskState.Complete, "n1", 0);
        world.Add(TaskState.Complete, TaskState.Failed, "n1", 1);
        world.Step();
        Assert.Equal([0ul, 1, 2, 3, 4], world.Wanted.Select(t => t.Slot));
        Assert.Equal(TaskState.Ready, world.Wanted.Single(t => t.Slot == 1).DesiredState);
    }

    [Fact]
    public void AT_JOB_3_NearlyComplete_OnlyWhatIsLeftIsMade()
    {
        var world = Replicated(concurrent: 10, total: 12);
        for (ulong slot = 0; slot < 11; slot++)
        {
            world.Add(TaskState.Complete, TaskState.Complete, "n1", slot);
        }

        world.Step();
        Assert.Equal(11ul, Assert.Single(world.Tasks, t => t.Observed() == TaskState.New).Slot);
    }

    [Fact]
    public void AT_JOB_3_Update_EndsTheOldIteration_AndBeginsANewOne()
    {
        var world = Replicated(concurrent: 3, total: 6);
        world.StopsTasks = false;
        world.Settle();
        var old = world.Tasks.Select(t => t.Id).ToHashSet();
        world.Update(s => s.Task.Container.Image = "v2");
        world.Settle();
        Assert.All(world.Tasks.Where(t => old.Contains(t.Id)), t => Assert.Equal(TaskState.Remove, t.DesiredState));
        Assert.All(world.Tasks.Where(t => !old.Contains(t.Id)), t => Assert.Equal((TaskState.Complete, 1ul), (t.DesiredState, t.JobIteration.Index)));
        Assert.Equal(3, world.Tasks.Count(t => !old.Contains(t.Id)));
        Assert.Null(world.Service!.UpdateStatus);
    }

    [Fact]
    public void AT_JOB_3_MoreRunningThanWanted_IsNoError_AndMakesNone()
    {
        var world = Replicated(concurrent: 5, total: 5);
        world.Settle();
        world.Put(Changed(world.Service!, s => s.ReplicatedJob.TotalCompletions = 2));
        world.Settle();
        Assert.Equal(5, world.Tasks.Count);
    }

    [Fact]
    public void AT_JOB_4_OneTaskPerFittingNode_DoneOnce()
    {
        var world = Global(configure: s => s.Task.Placement = new Placement { Constraints = { "node.hostname!=n3" } }, nodes: 5);
        world.Cluster.Spec.TaskDefaults = new TaskDefaults { LogDriver = new Driver { Name = "json" } };
        world.Drain("n1");
        world.SetAvailability("n2", NodeSpec.Types.Availability.Pause);
        world.SetNodeState("n4", NodeState.Unknown);
        world.AddNode("n6");
        world.Step();
        Assert.Equal(["n5", "n6"], world.Tasks.Select(t => t.NodeId).Order());
        Assert.All(world.Tasks, t => Assert.Equal((TaskState.Complete, "json"), (t.DesiredState, t.LogDriver.Name)));
        world.Agent = _ => TaskState.Complete;
        world.Finish(Hour);
        Assert.Equal(2, world.Tasks.Count);
    }

    [Fact]
    public void AT_JOB_4_DrainedNodesTask_Stops_UpdateReplacesTheIteration()
    {
        var world = Global();
        world.Settle();
        world.Drain("n1");
        world.Settle();
        Assert.Equal(TaskState.Shutdown, world.Tasks.Single(t => t.NodeId == "n1").DesiredState);
        world.StopsTasks = false;
        world.Update(s => s.Task.Container.Image = "v2");
        world.Settle();
        Assert.Equal(["n2", "n3"], world.Wanted.Select(t => t.NodeId).Order());
        Assert.All(world.Tasks.Where(t => t.JobIteration.Index == 0), t => Assert.Equal(TaskState.Remove, t.DesiredState));
    }

    [Fact]
    public void AT_JOB_5_StoppedTaskOnAnInvalidNode_IsLeftAlone_OfAGoneNodeDeleted()
    {
        var world = Global();
        world.Drain("n1");
        var stopped = world.Add(TaskState.Shutdown, TaskState.Shutdown, "n1");
        var gone = world.Add(TaskState.Complete, TaskState.Running, "n9");
        world.Step();
        Assert.Equal(stopped, world.Fresh(stopped));
        Assert.False(world.Has(gone));
    }

    [Fact]
    public async Task AT_JOB_6_ReplicatedJobOfFiveThreeAtOnce_IsThreeTasksToBeCompleted()
    {
        await using var test = TestStore.Create();
        var token = TestContext.Current.CancellationToken;
        var service = new Service
        {
            Id = "job",
            JobStatus = new JobStatus { JobIteration = new ObjectVersion() },
            Spec = new ServiceSpec
            {
                Annotations = new Annotations { Name = "job" },
                Task = new TaskSpec { Container = new ContainerSpec { Image = "v1" } },
                ReplicatedJob = new ReplicatedJob { MaxConcurrent = 3, TotalCompletions = 5 },
            },
        };
        await test.CreateAsync(service);
        var runner = new ServiceRunner(test.Store, new RandomIdSource(new Random(1)), TimeProvider.System);
        await runner.ReconcileAsync("job", token);
        var tasks = test.Store.Current.Tasks.OfService("job");
        Assert.Equal(3, tasks.Count);
        Assert.All(tasks, t => Assert.Equal(TaskState.Complete, t.DesiredState));
    }

    [Fact]
    public void Job_RunsToItsTotal_AndIsThenDone()
    {
        var world = Replicated(concurrent: 3, total: 10);
        world.Invariant = w => Assert.InRange(w.Wanted.Count(t => t.Observed() != TaskState.Complete), 0, 3);
        world.Agent = _ => TaskState.Complete;
        world.Finish(Hour);
        Assert.Equal(10, world.Tasks.Count(t => t.Observed() == TaskState.Complete));
        Assert.True(world.Step().IsEmpty);
    }

    [Theory]
    [InlineData(NodeState.Down, false)]
    [InlineData(NodeState.Ready, true)]
    public void JOB_3_TaskOnADownOrDrainedNode_IsRunElsewhereAtOnce(NodeState state, bool isDrained)
    {
        var world = Replicated(concurrent: 2, total: 2);
        world.Settle();
        world.SetNodeState("n1", state);
        if (isDrained)
        {
            world.Drain("n1");
        }

        world.Settle();
        Assert.Equal(2, world.Running.Count(t => t.NodeId == "n2" && t.IsWanted()));
    }

    [Fact]
    public void JOB_8_NodeThatJoins_RunsTheGlobalJobToo()
    {
        var world = Global();
        world.Agent = _ => TaskState.Complete;
        world.Settle();
        world.AddNode("n4");
        world.Settle();
        Assert.Equal(["n1", "n2", "n3", "n4"], world.Tasks.Select(t => t.NodeId).Order());
    }

    [Fact]
    public void REA_6_JobHistory_IsTrimmed_ButNoSuccessOfThisIteration()
    {
        var world = Replicated(concurrent: 1, total: 2, Policy(Condition.OnFailure));
        world.Cluster.Spec.Orchestration.TaskHistoryRetentionLimit = 2;
        var failures = 0;
        world.Agent = t => t.DesiredState == TaskState.Complete ? failures++ < 8 ? TaskState.Failed : TaskState.Complete : TaskState.Running;
        world.Finish(Hour);
        Assert.Equal(2, world.Tasks.Count(t => t.Observed() == TaskState.Complete));
        Assert.InRange(world.Tasks.Count(t => t.Slot == 0), 1, 2);
    }

    [Fact]
    public void SuccessOnANodeThatGoesDown_IsLeftAlone()
    {
        var world = Replicated(concurrent: 1, total: 1, Policy(Condition.OnFailure));
        world.Agent = _ => TaskState.Complete;
        world.Settle();
        world.SetNodeState(Assert.Single(world.Tasks).NodeId, NodeStatus.Types.State.Down);
        Assert.True(world.Step().IsEmpty);
    }

    [Fact]
    public void FailureOnANodeThatWentDownSince_GetsNoReplacementThere()
    {
        var world = Global(Policy(Condition.Any), nodes: 1);
        world.Settle();
        var task = Assert.Single(world.Tasks);
        world.SetState(task, TaskState.Failed);
        world.SetNodeState(task.NodeId, NodeStatus.Types.State.Down);
        world.Step();
        Assert.Equal(TaskState.Shutdown, Assert.Single(world.Tasks).DesiredState);
        Assert.True(world.Step().IsEmpty);
    }

    [Fact]
    public void RestartsOfASlotThatIsEmptied_AreForgottenInTheSameDecision()
    {
        var world = Global(Policy(Condition.OnFailure, maxAttempts: 3), nodes: 1);
        world.Settle();
        world.SetState(Assert.Single(world.Tasks), TaskState.Failed);
        world.Settle();
        Assert.NotEmpty(world.Progress!.Restarts);
        world.SetNodeState("n1", NodeStatus.Types.State.Down);
        world.SetState(world.Wanted.Single(), TaskState.Failed);
        world.Update(s => s.Task.ForceUpdate++);
        world.Step();
        Assert.Empty(world.Tasks);
        Assert.Empty(world.Progress.Restarts);
        Assert.True(world.Step().IsEmpty);
    }

    private static Service Changed(Service service, Action<ServiceSpec> change)
    {
        var next = service.Clone();
        change(next.Spec);
        return next;
    }

    private static RestartPolicy Policy(Condition condition, ulong maxAttempts = 0) => GlobalTests.Policy(condition, 1, maxAttempts);

    private static ServiceWorld Replicated(ulong concurrent, ulong total, RestartPolicy? policy = null) => ServiceWorld.Of(
        s =>
        {
            s.ReplicatedJob = new ReplicatedJob { MaxConcurrent = concurrent, TotalCompletions = total };
            s.Task.Restart = policy;
        },
        nodes: 2);

    private static ServiceWorld Global(RestartPolicy? policy = null, int nodes = 3, Action<ServiceSpec>? configure = null) => ServiceWorld.Of(
        s =>
        {
            s.GlobalJob = new GlobalJob();
            s.Task.Restart = policy;
            configure?.Invoke(s);
        },
        nodes);
}
