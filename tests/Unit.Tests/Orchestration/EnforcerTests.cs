using SwarmOrleans.Contracts;
using SwarmOrleans.Orchestration;

namespace SwarmOrleans.Tests.Unit.Orchestration;

public sealed class EnforcerTests
{
    [Fact]
    public void AT_ENF_1_TaskThatItsNodeMayNotRunAnyMore_IsFound()
    {
        var node = NodeOf();
        var onlyManagers = TaskOf("a", constraint: "node.role==manager");
        var free = TaskOf("b");
        var job = TaskOf("c");
        (job.JobIteration, job.DesiredState) = (new ObjectVersion(), TaskState.Complete);
        var onlyWorkers = TaskOf("d", constraint: "node.role==worker");
        Assert.Equal(["a"], Found(node, onlyManagers, free, job, onlyWorkers));
        node.Role = NodeRole.Manager;
        Assert.Equal(["d"], Found(node, onlyManagers, free, job, onlyWorkers));

        var hungry = TaskOf("e", memory: 6L << 30);
        Assert.Empty(Found(node, hungry));
        node.Description.Resources.MemoryBytes = 4L << 30;
        Assert.Equal(["e"], Found(node, hungry));
        hungry.DesiredState = TaskState.New;
        Assert.Empty(Found(node, hungry));
        hungry.DesiredState = TaskState.Running;
        node.Spec.Availability = NodeSpec.Types.Availability.Pause;
        Assert.Empty(Found(node, hungry));
    }

    [Fact]
    public void AT_ENF_2_CompletedJobTask_UsesNothing()
    {
        var done = TaskOf("a", memory: 6L << 30);
        (done.DesiredState, done.Status.State) = (TaskState.Complete, TaskState.Complete);
        var running = TaskOf("b", memory: 6L << 30);
        Assert.Empty(Found(NodeOf(), done, running));
        done.Status.State = TaskState.Running;
        Assert.Equal(["b"], Found(NodeOf(), done, running));
    }

    [Fact]
    public void AT_ENF_3_TheServicesConstraintCounts_NotTheOneTheTaskWasMadeWith()
    {
        var task = TaskOf("a", constraint: "node.labels.zone==a");
        var service = new Service { Spec = new ServiceSpec { Task = new TaskSpec() } };
        Assert.Empty(ConstraintEnforcer.FindViolations(NodeOf(), [task], _ => service));
        service.Spec.Task.Placement = new Placement { Constraints = { "node.labels.zone==b" } };
        task.Spec.Placement = null;
        Assert.Single(ConstraintEnforcer.FindViolations(NodeOf(), [task], _ => service));
    }

    [Fact]
    public void AT_ENF_5_DrainedVolume_ItsUnfinishedTasksAreFound()
    {
        var volume = new Volume { Id = "v1", Spec = new VolumeSpec { Availability = VolumeSpec.Types.VolumeAvailability.Pause } };
        SwarmTask[] tasks = [TaskOf("a"), TaskOf("b"), TaskOf("c"), TaskOf("d")];
        foreach (var task in tasks.Take(3))
        {
            task.Volumes.Add(new VolumeAttachment { Id = "v1" });
        }

        tasks[1].Status.State = TaskState.Complete;
        tasks[2].DesiredState = TaskState.Shutdown;
        Assert.Empty(VolumeEnforcer.FindViolations(volume, tasks));
        volume.Spec.Availability = VolumeSpec.Types.VolumeAvailability.Drain;
        Assert.Equal(["a"], VolumeEnforcer.FindViolations(volume, tasks).Select(t => t.Id));
    }

    private static IEnumerable<string> Found(Node node, params SwarmTask[] tasks) => ConstraintEnforcer.FindViolations(node, tasks, _ => null).Select(t => t.Id);

    private static Node NodeOf() => new()
    {
        Id = "n1",
        Spec = new NodeSpec(),
        Description = new NodeDescription { Hostname = "n1", Resources = new Resources { NanoCpus = 4_000_000_000, MemoryBytes = 8L << 30 } },
    };

    private static SwarmTask TaskOf(string id, string? constraint = null, long memory = 0)
    {
        var task = new SwarmTask
        {
            Id = id,
            ServiceId = "svc",
            NodeId = "n1",
            Spec = new TaskSpec { Resources = new ResourceRequirements { Reservations = new Resources { MemoryBytes = memory } } },
            Status = new SwarmTaskStatus { State = TaskState.Running },
            DesiredState = TaskState.Running,
        };
        if (constraint is not null)
        {
            task.Spec.Placement = new Placement { Constraints = { constraint } };
        }

        return task;
    }
}
