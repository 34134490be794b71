using SwarmOrleans.Tests.EndToEnd.Harness;

namespace SwarmOrleans.Tests.EndToEnd;

/// <summary>What an operator gets wrong: a clear line, an exit code, and nothing lost.</summary>
public sealed class BadInputTests
{
    [Fact]
    public async Task Daemon_NamesWhatIsWrong()
    {
        await using var swarm = new TestSwarm();
        var address = await swarm.StartFirstAsync("m1");
        var (worker, _) = await swarm.TokensAsync();
        var other = swarm.DirectoryOf("other");
        await FailsAsync("invalid join token", "-d", other, "--join-addr", address, "--join-token", "SWMTKN-1-abc-def");
        await FailsAsync("does not match fingerprint", "-d", other, "--join-addr", address, "--join-token", $"SWMTKN-1-{new string('0', 50)}-{new string('0', 25)}");
        await FailsAsync("A valid join token is necessary", "-d", other, "--join-addr", address, "--join-token", worker[..^25] + new string('0', 25));
        await FailsAsync("in use by another process", "-d", swarm.DirectoryOf("m1"), "--listen-remote-api", TestSwarm.FreeAddress());
        await FailsAsync("address already in use", "-d", swarm.DirectoryOf("second"), "--listen-remote-api", address);
        await FailsAsync("--listen-remote-api", "-d", other, "--listen-remote-api", "nonsense");
        await FailsAsync("--join-token needs --join-addr", "-d", other, "--join-token", worker);
        Assert.Contains(" READY ", await swarm.DoAsync("node", "ls"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task OldToken_IsRefusedAfterRotation()
    {
        await using var swarm = new TestSwarm();
        var address = await swarm.StartFirstAsync("m1");
        var (worker, _) = await swarm.TokensAsync();
        await swarm.DoAsync("cluster", "update", "default", "--rotate-join-token", "worker");
        await FailsAsync("A valid join token is necessary", "-d", swarm.DirectoryOf("w1"), "--join-addr", address, "--join-token", worker);
        swarm.Join("w2", address, (await swarm.TokensAsync()).Worker);
        await swarm.UntilAsync("w2", async () => TestSwarm.Count(await swarm.RunAsync("node", "ls"), " READY ") == 2);
    }

    [Fact]
    public async Task StateOfAnotherCluster_IsRefused()
    {
        await using var first = new TestSwarm();
        var address = await first.StartFirstAsync("m1");
        var (worker, _) = await first.TokensAsync();
        await using var second = new TestSwarm();
        await second.StartFirstAsync("m1");
        await second.KillAsync("m1");
        await FailsAsync("belongs to another cluster", "-d", second.DirectoryOf("m1"), "--join-addr", address, "--join-token", worker);
    }

    [Fact]
    public async Task DamagedLog_IsReportedAtStart()
    {
        await using var swarm = new TestSwarm();
        await swarm.StartFirstAsync("m1");
        await swarm.KillAsync("m1");
        var file = Directory.GetFiles(Path.Combine(swarm.DirectoryOf("m1"), "raft", "journal")).Order().First();
        await using (var stream = new FileStream(file, FileMode.Open))
        {
            stream.Seek(500, SeekOrigin.Begin);
            var value = stream.ReadByte();
            stream.Seek(500, SeekOrigin.Begin);
            stream.WriteByte((byte)(value ^ 0x40));
        }

        await FailsAsync("fails its checksum", "-d", swarm.DirectoryOf("m1"), "--listen-remote-api", TestSwarm.FreeAddress());
    }

    [Fact]
    public async Task Specs_AreRefusedByFieldAndRule_AndNothingIsStored()
    {
        await using var swarm = new TestSwarm();
        await swarm.StartFirstAsync("m1");
        string[] create = ["service", "create", "--image", "redis"];
        await RefusedAsync(swarm, "name must be provided", [.. create, "--name", ""]);
        await RefusedAsync(swarm, "must be valid as a DNS name component", [.. create, "--name", "a.b"]);
        await RefusedAsync(swarm, "63 characters or fewer", [.. create, "--name", new string('a', 64)]);
        await RefusedAsync(swarm, "is not a valid repository/tag", "service", "create", "--name", "a", "--image", "Bad Image");
        await RefusedAsync(swarm, "--replicas", [.. create, "--name", "a", "--replicas=-1"]);
        await RefusedAsync(swarm, "key 'node.colour' is unknown", [.. create, "--name", "a", "--constraint", "node.colour==red"]);
        await RefusedAsync(swarm, "expected one operator", [.. create, "--name", "a", "--constraint", "node.id"]);
        await RefusedAsync(swarm, "invalid cpu value", [.. create, "--name", "a", "--cpu-limit", "0.0001"]);
        await RefusedAsync(swarm, "invalid memory value", [.. create, "--name", "a", "--memory-reservation", "1m"]);
        await RefusedAsync(swarm, "restart-delay cannot be negative", [.. create, "--name", "a", "--restart-delay=-1s"]);
        await RefusedAsync(swarm, "not a duration", [.. create, "--name", "a", "--update-delay", "soon"]);
        await RefusedAsync(swarm, "endpoint.ports[0].publish_mode: ingress is not served by this version", [.. create, "--name", "a", "--publish", "published=80,target=80"]);
        Assert.Empty((await swarm.DoAsync("service", "ls", "-q")).Trim());
        await swarm.DoAsync([.. create, "--name", "a", "--replicas", "0"]);
        await RefusedAsync(swarm, "name conflicts with an existing object", [.. create, "--name", "A"]);
        await RefusedAsync(swarm, "no changes detected", "service", "update", "a", "--replicas", "0");
        await RefusedAsync(swarm, "service b not found", "service", "rm", "b");
        swarm.Contact = "nobody";
        await RefusedAsync(swarm, "no manager answers at the control socket", "node", "ls");
    }

    private static async Task RefusedAsync(TestSwarm swarm, string message, params string[] arguments)
    {
        var result = await swarm.TryAsync(arguments);
        Assert.Contains(message, result.StandardError, StringComparison.Ordinal);
        Assert.StartsWith("Error: ", result.StandardError, StringComparison.Ordinal);
        Assert.Equal(255, result.ExitCode);
    }

    private static async Task FailsAsync(string message, params string[] arguments)
    {
        string[] quick = arguments.Contains("--listen-remote-api") ? [] : ["--listen-remote-api", TestSwarm.FreeAddress()];
        using var process = NodeProcess.Start(BuiltPrograms.Swarmd, [.. arguments, .. quick, "--executor", "process"]);
        var exitCode = await process.WaitAsync(TimeSpan.FromSeconds(30));
        await Task.Delay(100, TestContext.Current.CancellationToken);
        Assert.Contains(message, process.Log, StringComparison.Ordinal);
        Assert.Equal(1, exitCode);
    }
}
