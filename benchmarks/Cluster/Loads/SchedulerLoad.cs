using System.Diagnostics;
using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Benchmarks.ClusterLoad.Reporting;
using SwarmOrleans.Contracts;
using SwarmOrleans.Orchestration;

namespace SwarmOrleans.Benchmarks.ClusterLoad.Loads;

/// <summary>The scheduler's decisions alone: nodes and tasks in memory, no store.</summary>
internal static class SchedulerLoad
{
    private const int TasksPerService = 1000;

    public static void Run(int nodes, int tasks, int rounds, Report report)
    {
        report.Line($"{nodes} nodes, {tasks} tasks, one thread");
        report.Row("round", "seconds", "decisions/s");
        var rates = new List<double>();
        for (var round = 0; round <= rounds; round++)
        {
            var scheduler = new Scheduler();
            var at = Timestamp.FromDateTimeOffset(DateTimeOffset.UnixEpoch);
            for (var i = 0; i < nodes; i++)
            {
                scheduler.SetNode($"node-{i}", Node(i, at));
            }

            var waiting = Enumerable.Range(0, tasks).Select(i => Task(i, at)).ToList();
            var watch = Stopwatch.StartNew();
            foreach (var task in waiting)
            {
                scheduler.SetTask(null, task);
            }

            var placed = scheduler.Plan(DateTimeOffset.UnixEpoch).Count(d => d.Node is not null);
            if (placed != tasks)
            {
                throw new InvalidOperationException($"{placed} of {tasks} tasks were placed");
            }

            // The first round compiles the code.
            if (round > 0)
            {
                rates.Add(tasks / watch.Elapsed.TotalSeconds);
                report.Row(round, watch.Elapsed.TotalSeconds, rates[^1]);
            }
        }

        report.Line("SwarmKit: 2 550 tasks/s singly, 6 000 to 9 000 in groups, its store included");
        report.Set("placementsPerSecond", Report.Median(rates));
    }

    private static Node Node(int i, Timestamp at) => new()
    {
        Id = $"node-{i}",
        Meta = new Meta { Version = new ObjectVersion { Index = 1 }, CreatedAt = at, UpdatedAt = at },
        Spec = new NodeSpec { Availability = NodeSpec.Types.Availability.Active },
        Status = new NodeStatus { State = NodeStatus.Types.State.Ready },
        Description = new NodeDescription
        {
            Hostname = $"node-{i}",
            Platform = new Platform { Os = "linux", Architecture = "x86_64" },
            Resources = new Resources { NanoCpus = 1_000_000_000_000, MemoryBytes = 1L << 40 },
        },
    };

    private static SwarmTask Task(int i, Timestamp at) => new()
    {
        Id = $"task-{i}",
        ServiceId = $"service-{i / TasksPerService}",
        Slot = (ulong)(i % TasksPerService) + 1,
        Meta = new Meta { Version = new ObjectVersion { Index = 1 }, CreatedAt = at, UpdatedAt = at },
        SpecVersion = new ObjectVersion { Index = 1 },
        Spec = new TaskSpec { Container = new ContainerSpec { Image = "instant" } },
        DesiredState = TaskState.Running,
        Status = new SwarmTaskStatus { State = TaskState.Pending, Timestamp = at },
    };
}
