using System.Diagnostics;
using Google.Protobuf;
using Grpc.Net.Client;
using SwarmOrleans.Benchmarks.ClusterLoad.Etcd;
using SwarmOrleans.Benchmarks.ClusterLoad.Processes;
using SwarmOrleans.Benchmarks.ClusterLoad.Reporting;
using SwarmOrleans.Contracts;
using ControlClient = SwarmOrleans.Contracts.Control.ControlClient;

namespace SwarmOrleans.Benchmarks.ClusterLoad.Loads;

/// <summary>Writes of 300-byte objects to three managers and to three members of etcd, in turns, by one loader.</summary>
internal static class StoreLoad
{
    private const int Connections = 8;
    private const int ObjectBytes = 300;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan CompilationTime = TimeSpan.FromSeconds(20);

    public static async Task RunAsync(int[] concurrency, bool skipPlaintext, int rounds, double seconds, string disk, Report report)
    {
        await CompareAsync(concurrency, isSecure: true, rounds, seconds, disk, report);
        if (!skipPlaintext)
        {
            await CompareAsync(concurrency, isSecure: false, rounds, seconds, disk, report);
        }

        await LoneCommitAsync(seconds, disk, report);
    }

    private static async Task CompareAsync(int[] concurrency, bool isSecure, int rounds, double seconds, string disk, Report report)
    {
        using var directories = new LoadDirectories(disk);
        await using var managers = await ManagerProcesses.StartAsync(3, directories.Disk);
        await using var etcd = await EtcdProcesses.StartAsync(directories.Disk, isSecure);
        var leader = await managers.LeaderAsync();
        using var ours = new Target(
            [.. Enumerable.Range(0, Connections).Select(_ => isSecure ? managers.Open(managers.Addresses[leader]) : managers.OpenSocket(leader))], CreateConfigAsync);
        using var theirs = new Target([.. Enumerable.Range(0, Connections).Select(_ => etcd.Open(etcd.Leader))], PutAsync);
        report.Line(isSecure
            ? "TLS on both sides, for clients and peers; writes/s of 300-byte objects, 3 processes each"
            : "plaintext: etcd for clients and peers; ours through the control socket, its peers stay on TLS and its log encrypted");
        report.Row("clients", "round", "ours/s", "etcd/s", "ratio", "ours p50 ms", "etcd p50 ms");

        // A manager runs for months: what its first seconds spend on compiling is not what a write costs.
        await ours.RunAsync(256, CompilationTime);
        await theirs.RunAsync(256, WarmUp);
        var suffix = isSecure ? "" : "Plain";
        foreach (var clients in concurrency)
        {
            var ratios = new List<double>();
            var rates = new List<double>();
            var medians = new List<double>();
            for (var round = 1; round <= rounds; round++)
            {
                // In turns, so that whatever else the machine does hits both alike.
                var mine = round % 2 == 1 ? await ours.RunAsync(clients, TimeSpan.FromSeconds(seconds)) : default;
                var other = await theirs.RunAsync(clients, TimeSpan.FromSeconds(seconds));
                mine = round % 2 == 1 ? mine : await ours.RunAsync(clients, TimeSpan.FromSeconds(seconds));
                report.Row(clients, round, mine.PerSecond, other.PerSecond, mine.PerSecond / other.PerSecond, mine.P50Ms, other.P50Ms);
                ratios.Add(mine.PerSecond / other.PerSecond);
                rates.Add(mine.PerSecond);
                medians.Add(mine.P50Ms);
            }

            report.Line($"{clients} clients: median {Report.Median(rates):F0} writes/s, {Report.Median(ratios):F2} times etcd");
            report.Set($"ratio{suffix}{clients}", Report.Median(ratios));
            report.Set($"writesPerSecond{suffix}{clients}", Report.Median(rates));
            report.Set($"writeP50Ms{suffix}{clients}", Report.Median(medians));
        }
    }

    // Where the time of a lone commit goes: each probe does all that the one before does, and one thing more.
    private static async Task LoneCommitAsync(double seconds, string disk, Report report)
    {
        using var directories = new LoadDirectories(disk);
        await using var managers = await ManagerProcesses.StartAsync(3, directories.Disk);
        var leader = await managers.LeaderAsync();
        GrpcChannel[] channel = [managers.Open(managers.Addresses[leader])];
        using var write = new Target(channel, CreateConfigAsync);
        var created = await new ControlClient(channel[0]).CreateConfigAsync(new CreateConfigRequest { Spec = Spec(Random.Shared) });
        using var health = new Target(channel, (c, _) => new Health.HealthClient(c).CheckAsync(new HealthCheckRequest()).ResponseAsync);
        using var read = new Target(
            channel, (c, _) => new ControlClient(c).GetConfigAsync(new GetConfigRequest { ConfigId = created.Config.Id }).ResponseAsync);
        await write.RunAsync(16, WarmUp);
        await read.RunAsync(16, WarmUp);
        var call = await health.RunAsync(1, TimeSpan.FromSeconds(seconds));
        var quorum = await read.RunAsync(1, TimeSpan.FromSeconds(seconds));
        var commit = await write.RunAsync(1, TimeSpan.FromSeconds(seconds));
        var flush = Flush(directories.Disk);
        report.Line("a lone commit, p50 in ms");
        report.Line($"  {commit.P50Ms:F2}  the whole write");
        report.Line($"  {call.P50Ms:F2}  of it the RPC alone (health check over the same connection)");
        report.Line($"  {quorum.P50Ms - call.P50Ms:F2}  of it one round to a majority (linearizable read, less the RPC)");
        report.Line($"  {commit.P50Ms - quorum.P50Ms:F2}  of it two disks, one after the other, and encoding, sealing, applying (write, less the read)");
        report.Line($"  {flush:F2}  for comparison: one fdatasync of a 4 KiB append on this disk");
        report.Set("loneWriteP50Ms", commit.P50Ms);
        report.Set("loneRpcP50Ms", call.P50Ms);
        report.Set("loneQuorumRoundP50Ms", quorum.P50Ms - call.P50Ms);
        report.Set("loneDiskAndRestP50Ms", commit.P50Ms - quorum.P50Ms);
        report.Set("fdatasyncP50Ms", flush);
    }

    private static double Flush(string directory)
    {
        var times = new List<double>();
        using var file = File.OpenHandle(Path.Combine(directory, "flush"), FileMode.Create, FileAccess.Write);
        var block = new byte[4096];
        for (var i = 0; i < 500; i++)
        {
            var begin = Stopwatch.GetTimestamp();
            RandomAccess.Write(file, block, i * 4096L);
            RandomAccess.FlushToDisk(file);
            times.Add(Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
        }

        return Report.Median(times);
    }

    private static Task<CreateConfigResponse> CreateConfigAsync(GrpcChannel channel, Random random) =>
        new ControlClient(channel).CreateConfigAsync(new CreateConfigRequest { Spec = Spec(random) }).ResponseAsync;

    private static ConfigSpec Spec(Random random)
    {
        var name = $"c{random.NextInt64():x16}{random.NextInt64():x16}";
        var data = new byte[ObjectBytes - name.Length];
        random.NextBytes(data);
        return new ConfigSpec { Annotations = new Annotations { Name = name }, Data = ByteString.CopyFrom(data) };
    }

    private static Task<PutResponse> PutAsync(GrpcChannel channel, Random random)
    {
        var data = new byte[ObjectBytes];
        random.NextBytes(data);
        return new KV.KVClient(channel).PutAsync(new PutRequest { Key = ByteString.CopyFrom(data, 0, 8), Value = ByteString.CopyFrom(data, 8, ObjectBytes - 8) }).ResponseAsync;
    }

    private readonly record struct Result(double PerSecond, double P50Ms);

    private sealed class Target(GrpcChannel[] channels, Func<GrpcChannel, Random, Task> write) : IDisposable
    {
        public async Task<Result> RunAsync(int clients, TimeSpan duration)
        {
            var begin = Stopwatch.GetTimestamp();
            var times = await Task.WhenAll(Enumerable.Range(0, clients).Select(i => Task.Run(async () =>
            {
                var mine = new List<double>();
                var random = new Random();
                while (Stopwatch.GetElapsedTime(begin) < duration)
                {
                    var start = Stopwatch.GetTimestamp();
                    await write(channels[i % channels.Length], random);
                    mine.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
                }

                return mine;
            })));
            var all = times.SelectMany(t => t).ToList();
            return new Result(all.Count / Stopwatch.GetElapsedTime(begin).TotalSeconds, Report.Median(all));
        }

        public void Dispose()
        {
            foreach (var channel in channels)
            {
                channel.Dispose();
            }
        }
    }
}
