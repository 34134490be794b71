using System.Net;
using SwarmOrleans.Tests.EndToEnd.Harness;

namespace SwarmOrleans.Tests.EndToEnd;

/// <summary>Real Docker daemons: as the executor of our nodes, and as workers of their own.</summary>
public sealed class DockerTests
{
    [Fact]
    public async Task DockerExecutor_WholeReadmeSession()
    {
        DockerDaemon.RequireDocker();
        await using var docker = await DockerDaemon.StartAsync();
        foreach (var image in new[] { "redis:3.0.5", "redis:3.0.6", "redis:3.0.7" })
        {
            await docker.ImportAsync(image);
        }

        await using var swarm = new TestSwarm("docker", docker.Socket);
        await ReadmeSessionTests.SessionAsync(swarm, []);
        var containers = await docker.DoAsync("ps", "--format", "{{.Names}} {{.Image}}");
        Assert.Equal(6, containers.Split('\n').Count(l => l.StartsWith("redis.", StringComparison.Ordinal) && l.EndsWith("redis:3.0.7", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task DockerExecutor_PassesTheSpec_AdoptsAfterARestart_AndReportsFailures()
    {
        DockerDaemon.RequireDocker();
        await using var docker = await DockerDaemon.StartAsync();
        await docker.ImportAsync("busybox:1");
        await using var swarm = new TestSwarm("docker", docker.Socket);
        await swarm.StartFirstAsync("m1");
        await swarm.DoAsync(
            "service", "create", "--name", "spec", "--image", "busybox:1", "--command", "/bin/sh", "--args", "-c", "--args", "sleep 1000", "--env", "A=b",
            "--label", "x=y", "--user", "1000:1000", "--workdir", "/bin", "--memory-limit", "64m", "--cpu-limit", "0.5", "--tmpfs", "/scratch",
            "--stop-signal", "SIGKILL");
        await swarm.UntilAsync("running", async () => (await swarm.RunningAsync("spec")).Count == 1);
        var format = "{{.Config.Env}} {{.Config.User}} {{.Config.WorkingDir}} {{.HostConfig.Memory}} {{.HostConfig.NanoCpus}} {{.Config.StopSignal}} {{json .HostConfig.Mounts}} {{.Path}} {{.Args}}";
        var container = (await docker.DoAsync("ps", "-q")).Trim();
        var actual = await docker.DoAsync("inspect", "--format", format, container);
        Assert.Contains("[A=b", actual, StringComparison.Ordinal);
        Assert.Contains("1000:1000 /bin 67108864 500000000 SIGKILL", actual, StringComparison.Ordinal);
        Assert.Contains("/scratch", actual, StringComparison.Ordinal);
        Assert.Contains("/bin/sh [-c sleep 1000]", actual, StringComparison.Ordinal);

        var before = await swarm.RunningAsync("spec");
        await swarm.KillAsync("m1");
        swarm.Restart("m1");
        await swarm.UntilAsync("back", async () => (await swarm.RunAsync("node", "ls")).Contains(" READY ", StringComparison.Ordinal));
        await Task.Delay(TimeSpan.FromSeconds(2), TestContext.Current.CancellationToken);
        Assert.Equal(before, await swarm.RunningAsync("spec"));
        Assert.Equal(container, (await docker.DoAsync("ps", "-q")).Trim());

        await swarm.DoAsync("service", "create", "--name", "fails", "--image", "busybox:1", "--command", "/bin/false", "--restart-condition", "none");
        await swarm.UntilAsync("failed", async () => (await swarm.RunAsync("service", "ps", "-a", "fails")).Contains("task: non-zero exit (1)", StringComparison.Ordinal));
        await swarm.DoAsync("service", "create", "--name", "missing", "--image", "no-such-image:1", "--restart-condition", "none");
        await swarm.UntilAsync("rejected", async () => (await swarm.RunAsync("service", "ps", "-a", "missing")).Contains("REJECTED", StringComparison.Ordinal));
        await swarm.DoAsync("service", "rm", "spec");
        await swarm.UntilAsync("container gone", async () => !(await docker.DoAsync("ps", "-aq")).Contains(container, StringComparison.Ordinal));
    }

    [Fact]
    public async Task DockerExecutor_PublishesPortsOnItsMachine_AndSaysUnderWhichNumbers()
    {
        DockerDaemon.RequireDocker(needsNetworkNamespaces: true);
        await using var network = await NetworkNamespace.CreateAsync();
        await using var docker = await DockerDaemon.StartAsync(network.Name, hasBridge: true);
        await docker.ImportAsync("busybox:1");
        await using var swarm = new TestSwarm("docker", docker.Socket);
        await swarm.StartFirstAsync("m1");
        await swarm.DoAsync(
            "service", "create", "--name", "web", "--image", "busybox:1", "--command", "/bin/busybox", "--args", "httpd", "--args", "-f", "--args", "-p",
            "--args", "8080", "--publish", "mode=host,target=8080,published=18080", "--publish", "mode=host,target=8080");
        await swarm.UntilAsync("running", async () => (await swarm.RunningAsync("web")).Count == 1);
        var listed = await swarm.RunAsync("service", "ps", "web");
        Assert.Contains("18080 -> 8080/tcp (host)", listed, StringComparison.Ordinal);
        var chosen = System.Text.RegularExpressions.Regex.Matches(listed, @"(\d+) -> 8080/tcp").Select(m => m.Groups[1].Value).Single(n => n != "18080");
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        foreach (var port in new[] { "18080", chosen })
        {
            // There is no page; that there is an answer is the point.
            var answer = await client.GetAsync(new Uri($"http://{network.Address}:{port}/"), TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        }

        await swarm.DoAsync("service", "update", "web", "--publish-rm", "8080", "--publish-add", "mode=host,target=8080,published=18081");
        await swarm.UntilAsync(
            "published anew",
            async () => await AnswersAsync(client, network.Address, 18081) && !await AnswersAsync(client, network.Address, 18080));
    }

    [Fact]
    public async Task StockDockerd_JoinsByDockerSwarmJoin_RunsATask_AndSurvivesTheManagersRestart()
    {
        DockerDaemon.RequireDocker(needsNetworkNamespaces: true);
        await using var network = await NetworkNamespace.CreateAsync();
        await using var docker = await DockerDaemon.StartAsync(network.Name);
        await docker.ImportAsync("redis:3.0.5");
        await using var swarm = new TestSwarm();
        var address = await swarm.StartFirstAsync("m1", TestSwarm.FreeAddress(IPAddress.Parse(network.HostAddress)));

        // Debian's client: the engine is Debian's too.
        var joined = await docker.TryAsync(DockerDaemon.Clients[^1], "swarm", "join", "--token", (await swarm.TokensAsync()).Worker, address);
        Assert.Contains("This node joined a swarm as a worker.", joined.StandardOutput, StringComparison.Ordinal);
        var node = (await docker.DoAsync("info", "--format", "{{.Swarm.NodeID}}")).Trim();
        await swarm.UntilAsync("listed READY", async () => (await swarm.RunAsync("node", "ls"))
            .Split('\n').Any(l => l.StartsWith(node, StringComparison.Ordinal) && l.Contains("READY", StringComparison.Ordinal)));

        await swarm.DoAsync("service", "create", "--name", "redis", "--image", "redis:3.0.5", "--constraint", $"node.id=={node}");
        await swarm.UntilAsync("running", async () => (await swarm.RunningAsync("redis")).Count == 1);
        var task = (await swarm.RunningAsync("redis"))[0].Id;
        Assert.Contains($"redis.1.{task}", await docker.DoAsync("ps", "--format", "{{.Names}}"), StringComparison.Ordinal);

        await swarm.KillAsync("m1");
        swarm.Restart("m1");
        await swarm.UntilAsync("manager back", async () => (await swarm.RunAsync("node", "ls")).Contains("REACHABLE *", StringComparison.Ordinal));
        await swarm.DoAsync("service", "update", "redis", "--replicas", "2");
        await swarm.UntilAsync("two tasks on the same engine", async () => (await swarm.RunningAsync("redis")).Count == 2, 90);
        Assert.Contains(await swarm.RunningAsync("redis"), t => t.Id == task);
        await swarm.DoAsync("service", "rm", "redis");
        await swarm.UntilAsync("containers gone", async () => (await docker.DoAsync("ps", "-q")).Trim().Length == 0);
    }

    private static async Task<bool> AnswersAsync(HttpClient client, string address, int port)
    {
        try
        {
            return (await client.GetAsync(new Uri($"http://{address}:{port}/"))).StatusCode == HttpStatusCode.NotFound;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
