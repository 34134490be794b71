using System.Diagnostics;
using SwarmOrleans.Benchmarks.ClusterLoad.Reporting;
using SwarmOrleans.Benchmarks.Micro.StoreFigures;
using SwarmOrleans.Silo.Loops;
using SwarmOrleans.Store;

namespace SwarmOrleans.Benchmarks.ClusterLoad.Loads;

/// <summary>Placements by the leader loop, committed to a store whose log is in memory: from waiting in the store to assigned in the store.</summary>
internal static class SchedulerStoreLoad
{
    private const int Batch = 500;

    public static async Task RunAsync(SchedulerSamples samples, int rounds, Report report)
    {
        report.Line("the same through the leader loop into a store with a log in memory");
        report.Row("round", "seconds", "CPU seconds", "placements/s", "a CPU second");
        var rates = new List<double>();
        for (var round = 0; round <= rounds; round++)
        {
            var (sized, isWarmUp) = (round == 0 ? samples with { Tasks = Math.Min(samples.Tasks, 20_000) } : samples, round == 0);
            var (seconds, cpuSeconds) = await RunAsync(sized);
            if (!isWarmUp)
            {
                rates.Add(sized.Tasks / seconds);
                report.Row(round, seconds, cpuSeconds, rates[^1], sized.Tasks / cpuSeconds);
            }
        }

        report.Set("storedPlacementsPerSecond", Report.Median(rates));
    }

    private static async Task<(double Seconds, double CpuSeconds)> RunAsync(SchedulerSamples samples)
    {
        await using var store = new SwarmStore(new SwarmStoreOptions { ManagerId = "bench", BootId = "boot", Keyring = Keyring.Generate() });
        var log = new InstantLog(store);
        store.Attach(log);
        await FillAsync(store, samples);
        var begin = store.Current.Version;
        using var stop = new CancellationTokenSource();
        var cpu = Environment.CpuUsage.TotalTime;
        var watch = Stopwatch.StartNew();
        var loop = new SchedulerLoop(store, TimeProvider.System).RunAsync(log.Leadership.Term, stop.Token);
        var waiting = samples.Tasks;
        await foreach (var batch in store.WatchAsync(begin, stop.Token))
        {
            waiting -= batch.Changes.Count(c => c.New is Contracts.SwarmTask { NodeId.Length: > 0 });
            if (waiting == 0)
            {
                break;
            }
        }

        var (seconds, cpuSeconds) = (watch.Elapsed.TotalSeconds, (Environment.CpuUsage.TotalTime - cpu).TotalSeconds);
        await stop.CancelAsync();
        await loop.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        return (seconds, cpuSeconds);
    }

    private static async Task FillAsync(SwarmStore store, SchedulerSamples samples)
    {
        var nodes = new StoreTransaction();
        foreach (var node in samples.MakeNodes())
        {
            nodes.Create(node);
        }

        await CommitAsync(store, nodes);
        foreach (var tasks in samples.MakeTasks().Chunk(Batch))
        {
            var transaction = new StoreTransaction();
            foreach (var service in tasks.Select(t => t.ServiceId).Distinct().Where(id => store.Current.Find<Contracts.Service>(id) is null))
            {
                transaction.Create(samples.ServiceOf(service));
            }

            foreach (var task in tasks)
            {
                transaction.Create(task);
            }

            await CommitAsync(store, transaction);
        }
    }

    private static async Task CommitAsync(SwarmStore store, StoreTransaction transaction)
    {
        var result = await store.CommitAsync(transaction, CancellationToken.None);
        if (!result.IsCommitted)
        {
            throw new InvalidOperationException(result.Conflict?.Message ?? result.Outcome.ToString());
        }
    }
}
