using System.Diagnostics;
using SwarmOrleans.Benchmarks.ClusterLoad.Reporting;
using SwarmOrleans.Contracts;
using SwarmOrleans.Orchestration;

namespace SwarmOrleans.Benchmarks.ClusterLoad.Loads;

/// <summary>
/// The scheduler's decisions: alone, with nodes and tasks in memory, on one thread; and, if asked, through the leader loop into a store whose log
/// is in memory too.
/// </summary>
internal static class SchedulerLoad
{
    private const int OneMore = 4000;
    private const int MaxBatch = 2000;

    public static async Task RunAsync(SchedulerSamples samples, int rounds, bool withStore, Report report)
    {
        report.Line($"{samples}, one thread");
        report.Row("round", "seconds", "decisions/s", "one more p50 us", "p99 us", "MiB");
        var rates = new List<double>();
        var slowest = new List<double>();

        // The first round compiles the code.
        Run(samples with { Tasks = Math.Min(samples.Tasks, 20_000) });
        for (var round = 1; round <= rounds; round++)
        {
            var (seconds, more, bytes) = Run(samples);
            rates.Add(samples.Tasks / seconds);
            slowest.Add(Report.Percentile(more, 0.99));
            report.Row(round, seconds, rates[^1], Report.Median(more), slowest[^1], bytes / (double)(1 << 20));
        }

        report.Line("SwarmKit: 2 550 tasks/s singly, 6 000 to 9 000 in groups, its store included");
        report.Set("placementsPerSecond", Report.Median(rates));
        report.Set("oneMoreP99Us", Report.Median(slowest));
        if (withStore)
        {
            await SchedulerStoreLoad.RunAsync(samples, rounds, report);
        }
    }

    private static (double Seconds, List<double> MoreUs, long Bytes) Run(SchedulerSamples samples)
    {
        var nodes = samples.MakeNodes();
        var waiting = samples.MakeTasks();
        GC.Collect();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var scheduler = new Scheduler();
        foreach (var node in nodes)
        {
            scheduler.SetNode(node.Id, node);
        }

        var placed = 0;
        var watch = Stopwatch.StartNew();
        foreach (var task in waiting)
        {
            scheduler.SetTask(null, task);
        }

        while (scheduler.HasWork)
        {
            placed += scheduler.Plan(DateTimeOffset.UnixEpoch, MaxBatch).Count(d => d.Node is not null);
        }

        var seconds = watch.Elapsed.TotalSeconds;
        if (placed != samples.Tasks)
        {
            throw new InvalidOperationException($"{placed} of {samples.Tasks} tasks were placed");
        }

        var bytes = GC.GetTotalMemory(forceFullCollection: true) - before;
        var more = DecideMore(samples, scheduler);
        GC.KeepAlive(waiting);
        return (seconds, more, bytes);
    }

    // One task at a time, of services that are there and of new ones.
    private static List<double> DecideMore(SchedulerSamples samples, Scheduler scheduler)
    {
        var more = new List<double>(OneMore);
        for (var i = 0; i < OneMore; i++)
        {
            var task = samples.MakeTask(samples.Tasks + i, i % 2 == 0 ? $"service-{i % samples.Services}" : $"new-{i}");
            var begin = Stopwatch.GetTimestamp();
            scheduler.SetTask(null, task);
            var decisions = scheduler.Plan(DateTimeOffset.UnixEpoch);
            more.Add(Stopwatch.GetElapsedTime(begin).TotalMicroseconds);
            if (decisions is not [{ Node: not null }])
            {
                throw new InvalidOperationException($"{task.Id} was not placed");
            }
        }

        return more;
    }
}
