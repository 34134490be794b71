using System.Diagnostics;
using System.Globalization;
using SwarmOrleans.Contracts;
using SwarmOrleans.Store;
using SwarmOrleans.Store.Tables;
using SwarmOrleans.Store.Watching;

namespace SwarmOrleans.Benchmarks.Micro.StoreFigures;

/// <summary>Rough figures of the store, one run each.</summary>
internal static class QuickFigures
{
    private const int Subscribers = 10;

    public static async Task RunAsync(int tasks)
    {
        await using var samples = new Samples();
        var before = GC.GetTotalMemory(true);
        var fill = await TimeAsync(() => samples.FillAsync(tasks));
        Print("create tasks, 500 a transaction", tasks / fill.TotalSeconds, "tasks/s");
        var report = await TimeAsync(() => samples.ReportAllAsync(tasks));
        Print("status reports, a node's together", tasks / report.TotalSeconds, "tasks/s");
        Print("log per task, both", (double)samples.Log.Written.Bytes / tasks, "B");
        await SnapshotAsync(samples);
        PointReads(samples.Store.Current, tasks);
        await FanOutAsync(samples.Store.Current);
        await WatchAsync(samples, tasks);
        await SingleCommitsAsync(samples, tasks);
        Print("managed heap per task, watch ring included", (double)(GC.GetTotalMemory(true) - before) / tasks, "B");
        GC.KeepAlive(samples);
    }

    private static void PointReads(StoreView view, int tasks)
    {
        const int Rounds = 2_000_000;
        var ids = Enumerable.Range(0, 4096).Select(i => Samples.TaskId((int)((long)i * 7919 % tasks))).ToArray();
        var found = 0;
        for (var round = 0; round < 2; round++)
        {
            found = 0;
            var started = Stopwatch.GetTimestamp();
            for (var i = 0; i < Rounds; i++)
            {
                found += view.Find<SwarmTask>(ids[i & 4095]) is null ? 0 : 1;
            }

            if (round > 0)
            {
                Print("point read", Stopwatch.GetElapsedTime(started).TotalNanoseconds / Rounds, "ns");
            }
        }

        if (found != Rounds)
        {
            throw new InvalidOperationException("a task is missing");
        }
    }

    // Batches of one change, the worst case; the writer pauses before it would run away from the readers.
    private static async Task FanOutAsync(StoreView view)
    {
        const int Count = 400_000;
        const int Burst = 8192;
        var ring = new WatchRing(1 << 18, () => view);
        var change = new StoreChange(ChangeAction.Create, ObjectKind.Task, default, new StoredObject(view.Find<SwarmTask>(Samples.TaskId(0))), 1);
        var positions = new long[Subscribers * 16];
        var readers = Enumerable.Range(0, Subscribers).Select(n => Task.Run(async () =>
        {
            await foreach (var batch in ring.ReadAsync(0, CancellationToken.None))
            {
                Volatile.Write(ref positions[n * 16], (long)batch.Version);
                if (batch.Version == Count)
                {
                    return;
                }
            }
        })).ToArray();
        var elapsed = await TimeAsync(async () =>
        {
            for (var version = 1; version <= Count; version++)
            {
                ring.Append((ulong)version, [change]);
                while (version % Burst == 0 && Enumerable.Range(0, Subscribers).Any(n => Volatile.Read(ref positions[n * 16]) < version - Burst))
                {
                    await Task.Yield();
                }
            }

            await Task.WhenAll(readers);
        });
        Print($"changes seen by each of {Subscribers} subscribers, one a batch, without commits", Count / elapsed.TotalSeconds, "/s");
    }

    private static async Task WatchAsync(Samples samples, int tasks)
    {
        var changed = Math.Min(tasks, 200_000);
        var target = samples.Store.Current.Version;
        var seen = 0L;
        var stop = new CancellationTokenSource();
        var readers = Enumerable.Range(0, Subscribers).Select(_ => Task.Run(async () =>
        {
            var own = 0;
            await foreach (var batch in samples.Store.WatchAsync(target, stop.Token))
            {
                own += batch.Changes.Count;
                if (own >= changed)
                {
                    Interlocked.Add(ref seen, own);
                    return;
                }
            }
        })).ToArray();
        var elapsed = await TimeAsync(async () =>
        {
            await ChangeAsync(samples, changed);
            await Task.WhenAll(readers);
        });
        stop.Dispose();
        Print($"changes committed and seen by each of {Subscribers} subscribers", seen / (double)Subscribers / elapsed.TotalSeconds, "/s");
    }

    private static async Task ChangeAsync(Samples samples, int count)
    {
        const int Batch = 500;
        for (var from = 0; from < count; from += Batch)
        {
            var transaction = new StoreTransaction();
            for (var i = from; i < Math.Min(count, from + Batch); i++)
            {
                var task = samples.Store.Current.Find<SwarmTask>(Samples.TaskId(i))!.Clone();
                task.DesiredState = TaskState.Shutdown;
                transaction.Update(task);
            }

            await samples.CommitAsync(transaction);
        }
    }

    private static async Task SingleCommitsAsync(Samples samples, int tasks)
    {
        const int Count = 20_000;
        const int Concurrency = 256;
        var entries = samples.Log.Written.Entries;
        var next = -1;
        var elapsed = await TimeAsync(() => Task.WhenAll(Enumerable.Range(0, Concurrency).Select(_ => Task.Run(async () =>
        {
            for (var i = Interlocked.Increment(ref next); i < Count; i = Interlocked.Increment(ref next))
            {
                await samples.CommitAsync(new StoreTransaction().RequireExists<SwarmTask>(Samples.TaskId(i % tasks)).Create(new Manager
                {
                    Id = "m" + i.ToString(CultureInfo.InvariantCulture),
                }));
            }
        }))));
        Print($"single transactions from {Concurrency} callers", Count / elapsed.TotalSeconds, "/s");
        Print("transactions an entry", Count / (double)(samples.Log.Written.Entries - entries), "");
    }

    private static async Task SnapshotAsync(Samples samples)
    {
        using var stream = new MemoryStream();
        var capture = await TimeAsync(() =>
        {
            samples.Store.Capture();
            return Task.CompletedTask;
        });
        Print("snapshot capture", capture.TotalMicroseconds, "us");
        var write = await TimeAsync(async () => await samples.Store.Capture().WriteAsync(stream, CancellationToken.None));
        Print("snapshot write", write.TotalSeconds, "s");
        Print("snapshot size", stream.Length / 1e6, "MB");
        stream.Position = 0;
        await using var other = new SwarmStore(Samples.Options("other", samples.Keys));
        var before = GC.GetTotalMemory(true);
        var paused = GC.GetTotalPauseDuration();
        var install = await TimeAsync(async () => other.Install(await other.PrepareAsync(samples.Store.AppliedIndex, stream, CancellationToken.None)));
        Print("snapshot install", install.TotalSeconds, "s");
        Print("  of which pauses of the garbage collector", (GC.GetTotalPauseDuration() - paused).TotalSeconds, "s");
        Print("managed heap per task, restored", (GC.GetTotalMemory(true) - before) / (double)other.Current.Count<SwarmTask>(), "B");
        GC.KeepAlive(other);
    }

    private static async Task<TimeSpan> TimeAsync(Func<Task> action)
    {
        var started = Stopwatch.GetTimestamp();
        await action();
        return Stopwatch.GetElapsedTime(started);
    }

    private static void Print(string what, double value, string unit) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what,-70} {value,14:#,0.##} {unit}"));
}
