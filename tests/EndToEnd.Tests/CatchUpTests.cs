using SwarmOrleans.Tests.EndToEnd.Harness;

namespace SwarmOrleans.Tests.EndToEnd;

/// <summary>Managers that are far behind come up while the others go on writing.</summary>
public sealed class CatchUpTests
{
    [Fact]
    public async Task FollowerStoppedForAMinuteUnderLoad_CatchesUpWhileWritesGoOn()
    {
        await using var swarm = new TestSwarm();
        await swarm.StartAsync(managers: 3, workers: 0);
        await using var load = WriteLoad.Start(swarm.SocketOf("m1"), clients: 16);
        swarm["m3"].Signal(TestSwarm.SigStop);
        var before = load.Acknowledged;
        await Task.Delay(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        swarm["m3"].Signal(TestSwarm.SigCont);
        Assert.True(load.Acknowledged - before > 1000, $"only {load.Acknowledged - before} writes while a follower was stopped");

        // It answers only when it has what was acknowledged before the question.
        using var behind = ControlConnection.Open(swarm.SocketOf("m3"));
        var known = load.Acknowledged;
        await swarm.UntilAsync("m3 has caught up", async () => await CountAsync(behind) >= known);
        var written = await load.StopAsync();
        Assert.True(written > known, "no write was accepted while the follower caught up");
        await swarm.UntilAsync("m3 has everything", async () => await CountAsync(behind) == written);
        Assert.True(load.Slowest < TimeSpan.FromSeconds(5), $"a write took {load.Slowest}");
        TestContext.Current.TestOutputHelper?.WriteLine($"{written} writes, the slowest took {load.Slowest}");
    }

    [Fact]
    public async Task ManagerThatJoinsAtAHundredThousandTasks_CatchesUpWhileWritesGoOn()
    {
        await using var swarm = new TestSwarm();
        var address = await swarm.StartFirstAsync("m1");
        await swarm.DoAsync("node", "drain", "m1");
        using var first = ControlConnection.Open(swarm.SocketOf("m1"));
        await swarm.DoAsync("service", "create", "--name", "big", "--image", "x", "--command", "sleep", "--args", "1000", "--replicas", "100000");
        await swarm.UntilAsync("100,000 tasks", async () => await TestSwarm.TasksAsync(first) == 100_000, 180);

        await using var load = WriteLoad.Start(swarm.SocketOf("m1"), clients: 4);
        swarm.Join("m2", address, (await swarm.TokensAsync()).Manager);
        await swarm.UntilAsync("m2 is a manager", async () => TestSwarm.Count(await swarm.RunAsync("node", "ls"), " REACHABLE") == 2, 120);
        using var second = ControlConnection.Open(swarm.SocketOf("m2"));
        var known = load.Acknowledged;
        await swarm.UntilAsync("m2 has caught up", async () => await CountAsync(second) >= known && await TestSwarm.TasksAsync(second) == 100_000);
        var written = await load.StopAsync();
        Assert.True(written > known, "no write was accepted while the manager joined");
        await swarm.UntilAsync("m2 has everything", async () => await CountAsync(second) == written);
        TestContext.Current.TestOutputHelper?.WriteLine($"{written} writes, the slowest took {load.Slowest}");
    }

    private static async Task<int> CountAsync(ControlConnection connection)
    {
        try
        {
            return await connection.ConfigsAsync();
        }
        catch (Grpc.Core.RpcException e) when (e.StatusCode is Grpc.Core.StatusCode.Unavailable or Grpc.Core.StatusCode.DeadlineExceeded)
        {
            return -1;
        }
    }
}
