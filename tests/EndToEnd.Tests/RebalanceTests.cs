using SwarmOrleans.Tests.EndToEnd.Harness;

namespace SwarmOrleans.Tests.EndToEnd;

/// <summary>A node joins, and a service that wants it spreads to it.</summary>
public sealed class RebalanceTests
{
    [Fact]
    public async Task NodeThatJoins_GetsItsShareOfTheTasks_NeverMoreThanTheBudgetAreMissing()
    {
        await using var swarm = new TestSwarm();
        await swarm.StartAsync(managers: 1, workers: 1);
        string[] sleeping = ["--image", "x", "--replicas", "6", "--command", "sleep", "--args", "1000"];
        await swarm.DoAsync([
            "service", "create", "--name", "web", .. sleeping, "--rebalance", "--rebalance-max-moving", "2", "--rebalance-cool-down", "1s",
        ]);
        await swarm.DoAsync(["service", "create", "--name", "still", .. sleeping]);
        await swarm.UntilAsync("twelve tasks", async () => (await swarm.RunningAsync("web")).Count == 6 && (await swarm.RunningAsync("still")).Count == 6);
        var before = await swarm.RunningAsync("web");

        swarm.Join("w2", swarm.AddressOf("m1"), (await swarm.TokensAsync()).Worker);
        var fewest = 6;
        await swarm.UntilAsync("two tasks a node", async () =>
        {
            var running = await swarm.RunningAsync("web");
            fewest = Math.Min(fewest, running.Count);
            return running.Count == 6 && running.CountBy(t => t.Node).All(n => n.Value == 2);
        });
        Assert.InRange(fewest, 4, 6);
        Assert.Equal(4, (await swarm.RunningAsync("web")).Select(t => t.Id).Intersect(before.Select(t => t.Id)).Count());
        await swarm.UntilAsync("completed", async () => (await swarm.RunAsync("service", "inspect", "web")).Contains("2 tasks moved", StringComparison.Ordinal));

        // The other service waits for somebody to ask.
        Assert.DoesNotContain(await swarm.RunningAsync("still"), t => t.Node == "w2");
        Assert.Equal(2, TestSwarm.Count(await swarm.DoAsync("service", "rebalance", "still", "--dry-run"), " w2"));
        await swarm.DoAsync("service", "rebalance", "still");
        await swarm.UntilAsync("the other one too", async () => (await swarm.RunningAsync("still")).Count(t => t.Node == "w2") == 2);
        Assert.StartsWith("nothing to move", await swarm.DoAsync("service", "rebalance", "still", "--dry-run"), StringComparison.Ordinal);
    }
}
