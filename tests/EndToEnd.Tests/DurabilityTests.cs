using System.Globalization;
using System.Text.RegularExpressions;
using SwarmOrleans.Tests.EndToEnd.Harness;

namespace SwarmOrleans.Tests.EndToEnd;

/// <summary>What the kernel saw: the log is on stable storage before anyone is told so.</summary>
public sealed partial class DurabilityTests
{
    [Fact]
    public async Task Followers_FlushTheLogBeforeTheyAcknowledge_AndTheLeaderBeforeItAnswers()
    {
        if (!File.Exists("/usr/bin/strace"))
        {
            Assert.Skip("strace is not installed (Debian package strace)");
        }

        await using var swarm = new TestSwarm();
        await swarm.StartAsync(managers: 3, workers: 0);
        var traces = Path.Combine(swarm.DirectoryOf(""), "trace");
        Directory.CreateDirectory(traces);
        var tracers = new List<NodeProcess>();
        foreach (var name in swarm.Names)
        {
            tracers.Add(NodeProcess.Start(
                "strace", "-f", "-ttt", "-e", "trace=msync,pwrite64,fsync,fdatasync", "-y", "-o", Path.Combine(traces, name),
                "-p", swarm[name].Id.ToString(CultureInfo.InvariantCulture)));
        }

        Assert.All(swarm.Names, name => Assert.True(IsWrittenThrough(swarm[name].Id), $"{name}: term and vote are not written through"));
        await Task.Delay(TimeSpan.FromSeconds(2), TestContext.Current.CancellationToken);
        var acknowledged = new List<(double Begin, double End)>();
        for (var i = 0; i < 10; i++)
        {
            var begin = Seconds();
            await swarm.DoAsync("service", "create", "--name", $"s{i}", "--image", "x", "--replicas", "0");
            acknowledged.Add((begin, Seconds()));
        }

        foreach (var tracer in tracers)
        {
            tracer.Signal(2);
            await tracer.WaitAsync(TimeSpan.FromSeconds(10));
            tracer.Dispose();
        }

        var flushes = swarm.Names.Select(n => FlushTimes(Path.Combine(traces, n))).ToList();
        foreach (var (begin, end) in acknowledged)
        {
            var managers = flushes.Count(times => times.Exists(t => t > begin && t < end));
            Assert.True(managers >= 2, $"between {begin} and its acknowledgement at {end} the log was flushed on {managers} of 3 managers");
        }
    }

    // Linux' O_DSYNC: the write has returned only when the data are on the device.
    private static bool IsWrittenThrough(int process) => Directory.EnumerateFiles($"/proc/{process}/fd")
        .Where(fd => File.ResolveLinkTarget(fd, returnFinalTarget: false)?.FullName.EndsWith("/log/state", StringComparison.Ordinal) == true)
        .Select(fd => File.ReadLines($"/proc/{process}/fdinfo/{Path.GetFileName(fd)}").First(l => l.StartsWith("flags:", StringComparison.Ordinal)))
        .Any(flags => (Convert.ToInt32(flags["flags:".Length..].Trim(), 8) & 0x1000) != 0);

    private static double Seconds() => (TimeProvider.System.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds;

    private static List<double> FlushTimes(string file) =>
        [.. File.ReadLines(file).Select(l => Flush().Match(l)).Where(m => m.Success).Select(m => double.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture))];

    [GeneratedRegex(@"^\d+\s+(\d+\.\d+) .*fdatasync\(\d+<[^>]*/journal/\d+\.journal>")]
    private static partial Regex Flush();
}
