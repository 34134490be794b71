using System.Diagnostics;
using SwarmOrleans.Tests.EndToEnd.Harness;

namespace SwarmOrleans.Tests.EndToEnd;

/// <summary>Three managers, three workers, twelve tasks, and processes that are killed.</summary>
public sealed class HealTests
{
    [Fact]
    public async Task KilledLeader_WritesGoOnWithinTwoSeconds_AndNoTaskMoves()
    {
        await using var swarm = await TwelveTasksAsync();
        var before = await swarm.RunningAsync("web");
        swarm.Contact = "m2";
        using var client = ControlConnection.Open(swarm.SocketOf("m2"));
        await client.WriteAsync("before");
        await swarm.KillAsync("m1");
        var watch = Stopwatch.StartNew();
        await client.WriteAsync("after");
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(2), $"the write took {watch.Elapsed}");

        // Longer than it takes agents of the killed manager to find another one, shorter than the grace of the killed node.
        await Task.Delay(TimeSpan.FromSeconds(4), TestContext.Current.CancellationToken);
        Assert.DoesNotContain("DOWN", await swarm.DoAsync("node", "ls"), StringComparison.Ordinal);
        Assert.Equal(before.Select(t => t.Id).Order(), (await swarm.RunningAsync("web")).Select(t => t.Id).Order());

        swarm.Restart("m1");
        await swarm.UntilAsync("m1 reachable again", async () => TestSwarm.Count(await swarm.RunAsync("node", "ls"), " REACHABLE") == 3);
        await Task.Delay(TimeSpan.FromSeconds(3), TestContext.Current.CancellationToken);
        Assert.Equal(before.Select(t => (t.Id, t.Node)).Order(), (await swarm.RunningAsync("web")).Select(t => (t.Id, t.Node)).Order());
    }

    [Fact]
    public async Task KilledWorker_ItsTasksRunElsewhereAfterTheGrace()
    {
        await using var swarm = await TwelveTasksAsync();
        await swarm.DoAsync("cluster", "update", "default", "--heartbeatperiod", "1s");

        // The shorter period reaches each agent with its next heartbeat.
        await Task.Delay(TimeSpan.FromSeconds(6), TestContext.Current.CancellationToken);
        await swarm.KillAsync("w1");

        // The grace is three periods, and a period of one second is spread by half a second (B.1): 4.5 s at most, and 5 s to run elsewhere.
        await swarm.UntilAsync(
            "twelve tasks without w1",
            async () =>
            {
                var running = await swarm.RunningAsync("web");
                return running.Count == 12 && running.TrueForAll(t => t.Node != "w1");
            },
            9);
        Assert.Matches(@"w1\s+ACCEPTED\s+DOWN", await swarm.DoAsync("node", "ls"));
    }

    [Fact]
    public async Task EverythingKilled_ComesBackWithItsServicesAndTasks()
    {
        await using var swarm = await TwelveTasksAsync();
        var before = await swarm.RunningAsync("web");
        var cluster = (await swarm.DoAsync("cluster", "ls", "-q")).Trim();
        await Task.WhenAll(swarm.Names.Select(swarm.KillAsync));
        foreach (var name in swarm.Names.ToList())
        {
            swarm.Restart(name);
        }

        await swarm.UntilAsync("all ready", async () => TestSwarm.Count(await swarm.RunAsync("node", "ls"), " READY ") == 6);
        await Task.Delay(TimeSpan.FromSeconds(3), TestContext.Current.CancellationToken);
        Assert.Equal(cluster, (await swarm.DoAsync("cluster", "ls", "-q")).Trim());
        Assert.Equal(before.Select(t => (t.Id, t.Node)).Order(), (await swarm.RunningAsync("web")).Select(t => (t.Id, t.Node)).Order());
    }

    [Fact]
    public async Task TwoOfThreeManagersLost_TheLastGoesOnAloneWithEverything()
    {
        await using var swarm = await TwelveTasksAsync();
        using (var client = ControlConnection.Open(swarm.SocketOf("m2")))
        {
            await client.WriteAsync("acknowledged");
        }

        await Task.WhenAll(new[] { "m1", "m2", "m3" }.Select(swarm.KillAsync));
        swarm.Contact = "m3";
        swarm.Restart("m3", "--force-new-cluster");
        await swarm.UntilAsync("m3 leads", async () => (await swarm.RunAsync("node", "ls")).Contains(" REACHABLE *", StringComparison.Ordinal));
        using (var client = ControlConnection.Open(swarm.SocketOf("m3")))
        {
            Assert.Equal(1, await client.ConfigsAsync());
        }

        await swarm.DoAsync("service", "update", "web", "--replicas", "13");
        await swarm.UntilAsync("thirteen tasks", async () => (await swarm.RunningAsync("web")).Count == 13, 90);

        swarm.Join("m4", swarm.AddressOf("m3"), (await swarm.TokensAsync()).Manager);
        await swarm.UntilAsync("another manager", async () => TestSwarm.Count(await swarm.RunAsync("node", "ls"), " REACHABLE") == 2);
    }

    private static async Task<TestSwarm> TwelveTasksAsync()
    {
        var swarm = new TestSwarm();
        await swarm.StartAsync(managers: 3, workers: 3);
        await swarm.DoAsync("service", "create", "--name", "web", "--image", "x", "--replicas", "12", "--command", "sleep", "--args", "1000");
        await swarm.UntilAsync("twelve tasks", async () => (await swarm.RunningAsync("web")).Count == 12);
        return swarm;
    }
}
