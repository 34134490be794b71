using SwarmOrleans.Tests.EndToEnd.Harness;

namespace SwarmOrleans.Tests.EndToEnd;

/// <summary>The session of SwarmKit's README, step by step, with real processes.</summary>
public sealed class ReadmeSessionTests
{
    [Fact]
    public async Task ProcessExecutor_WholeSession()
    {
        await using var swarm = new TestSwarm();
        await SessionAsync(swarm, ["--command", "sleep", "--args", "1000"]);
    }

    [Fact]
    public async Task ServiceWithoutCommand_IsRejectedUnderTheProcessExecutor_WithTheReason()
    {
        await using var swarm = new TestSwarm();
        await swarm.StartFirstAsync("node-1");
        await swarm.DoAsync("service", "create", "--name", "redis", "--image", "redis:3.0.5");
        await swarm.UntilAsync("rejected", async () => (await swarm.RunAsync("service", "inspect", "-a", "redis"))
            .Contains("REJECTED", StringComparison.Ordinal));
        Assert.Contains("needs a command", await swarm.RunAsync("service", "inspect", "-a", "redis"), StringComparison.Ordinal);
    }

    internal static async Task SessionAsync(TestSwarm swarm, string[] command)
    {
        var address = await swarm.StartFirstAsync("node-1");
        var cluster = await swarm.DoAsync("cluster", "inspect", "default");
        Assert.Matches(@"Task history entries\s+: 5", cluster);
        Assert.Matches(@"heartbeat period\s+: 5s", cluster);
        Assert.Matches(@"Certificate Validity Duration\s+: 2160h0m0s", cluster);
        Assert.Matches(@"Worker: SWMTKN-1-[0-9a-z]{50}-[0-9a-z]{25}", cluster);
        Assert.Matches(@"Manager: SWMTKN-1-", cluster);

        var (worker, manager) = await swarm.TokensAsync();
        swarm.Join("node-2", address, worker);
        swarm.Join("node-3", address, worker);
        swarm.Join("node-4", address, manager);
        await swarm.UntilAsync("four nodes and a leader", async () => await swarm.RunAsync("node", "ls") is var listed
            && TestSwarm.Count(listed, " READY ") == 4 && listed.Contains(" REACHABLE *", StringComparison.Ordinal));
        var nodes = await swarm.DoAsync("node", "ls");
        Assert.Matches(@"^ID\s+Name\s+Membership\s+Status\s+Availability\s+Manager Status", nodes);
        Assert.Matches(@"node-1\s+ACCEPTED\s+READY\s+ACTIVE\s+REACHABLE", nodes);
        Assert.Equal(1, TestSwarm.Count(nodes, " REACHABLE *"));
        Assert.Matches(@"node-2\s+ACCEPTED\s+READY\s+ACTIVE\s*\n", nodes);
        Assert.Matches(@"node-4\s+ACCEPTED\s+READY\s+ACTIVE\s+REACHABLE", nodes);

        var id = (await swarm.DoAsync(["service", "create", "--name", "redis", "--image", "redis:3.0.5", .. command])).Trim();
        Assert.Matches("^[0-9a-z]{25}$", id);
        await swarm.UntilAsync("1/1", async () => (await swarm.RunAsync("service", "ls")).Contains("1/1", StringComparison.Ordinal));
        Assert.Matches(@"ID\s+Name\s+Image\s+Replicas\n.*\n" + id + @"\s+redis\s+redis:3\.0\.5\s+1/1", await swarm.DoAsync("service", "ls"));
        var inspect = await swarm.DoAsync("service", "inspect", "redis");
        Assert.Matches(@"Task ID\s+Service\s+Slot\s+Image\s+Desired State\s+Last State\s+Node", inspect);
        Assert.Matches(@"redis\s+1\s+redis:3\.0\.5\s+RUNNING\s+RUNNING .* ago\s+node-", inspect);

        Assert.Equal(id, (await swarm.DoAsync("service", "update", "redis", "--replicas", "6")).Trim());
        await RunningAsync(swarm, "redis:3.0.5", 6);
        var perNode = (await swarm.RunningAsync("redis")).GroupBy(t => t.Node).Select(g => g.Count()).ToList();
        Assert.Equal(4, perNode.Count);
        Assert.True(perNode.Max() - perNode.Min() <= 1);

        await swarm.DoAsync("service", "update", "redis", "--image", "redis:3.0.6");
        await swarm.UntilAsync("update completed", async () => (await swarm.RunAsync("service", "inspect", "redis"))
            .Contains("update completed", StringComparison.Ordinal), 120);
        await RunningAsync(swarm, "redis:3.0.6", 6);

        await SlowUpdateAsync(swarm);
        await DrainAsync(swarm);
    }

    private static async Task SlowUpdateAsync(TestSwarm swarm)
    {
        await swarm.DoAsync("service", "update", "redis", "--image", "redis:3.0.7", "--update-parallelism", "2", "--update-delay", "10s");
        var seen = new SortedSet<int>();
        await swarm.UntilAsync(
            "six tasks on the last image",
            async () =>
            {
                var updated = (await swarm.RunningAsync("redis")).Count(t => t.Image == "redis:3.0.7");
                seen.Add(updated);
                return updated == 6;
            },
            90);
        Assert.Contains(2, seen);
        Assert.Contains(4, seen);
    }

    private static async Task DrainAsync(TestSwarm swarm)
    {
        await swarm.DoAsync("node", "drain", "node-1");
        Assert.Matches(@"node-1\s+ACCEPTED\s+READY\s+DRAIN", await swarm.DoAsync("node", "ls"));
        await swarm.UntilAsync("tasks elsewhere", async () =>
        {
            var running = await swarm.RunningAsync("redis");
            return running.Count == 6 && running.TrueForAll(t => t.Node != "node-1");
        });
        Assert.Contains("Update Status", await swarm.DoAsync("service", "inspect", "redis"), StringComparison.Ordinal);
        var again = await swarm.TryAsync("node", "drain", "node-1");
        Assert.Equal(255, again.ExitCode);
        Assert.Contains("was already drained", again.StandardError, StringComparison.Ordinal);
    }

    private static Task RunningAsync(TestSwarm swarm, string image, int count) => swarm.UntilAsync(
        $"{count} tasks of {image}", async () => (await swarm.RunningAsync("redis")).Count(t => t.Image == image) == count);
}
