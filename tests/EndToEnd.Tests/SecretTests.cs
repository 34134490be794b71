using SwarmOrleans.Tests.EndToEnd.Harness;

namespace SwarmOrleans.Tests.EndToEnd;

/// <summary>Secrets and configs from swarmctl to the tasks that need them, and nowhere else.</summary>
public sealed class SecretTests
{
    private const string Hidden = "a-very-hidden-word";

    [Fact]
    public async Task SecretsAndConfigs_ReachTheirTask_AndGoWithIt()
    {
        await using var swarm = new TestSwarm();
        await swarm.StartFirstAsync("m1");
        var (secret, config) = (Path.Combine(swarm.DirectoryOf("m1"), "secret.txt"), Path.Combine(swarm.DirectoryOf("m1"), "config.txt"));
        await File.WriteAllTextAsync(secret, Hidden, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(config, "task {{.Task.Slot}} of {{.Service.Name}}", TestContext.Current.CancellationToken);
        await swarm.DoAsync("secret", "create", "key", "--file", secret);
        await swarm.DoAsync("config", "create", "text", "--file", config, "--template-driver", "golang");
        File.Delete(secret);
        var output = Path.Combine(swarm.DirectoryOf("m1"), "seen");
        await swarm.DoAsync(
            "service", "create", "--name", "web", "--image", "x", "--secret", "key", "--config", "text", "--env", "WHO={{.Service.Name}}.{{.Task.Slot}}",
            "--command", "/bin/sh", "--args", "-c", "--args",
            $"echo \"$WHO; $(cat $SWARM_SECRETS_DIR/key); $(cat $SWARM_CONFIGS_DIR/text)\" > {output}.tmp; mv {output}.tmp {output}; sleep 1000");
        await swarm.UntilAsync("running", async () => (await swarm.RunningAsync("web")).Count == 1);
        await swarm.UntilAsync("seen", () => Task.FromResult(File.Exists(output)));
        Assert.Equal($"web.1; {Hidden}; task 1 of web\n", await File.ReadAllTextAsync(output, TestContext.Current.CancellationToken));
        var files = Path.Combine(swarm.DirectoryOf("m1"), "worker", "files");
        Assert.NotEmpty(Directory.GetFiles(files, "*", SearchOption.AllDirectories));
        Assert.DoesNotContain(Hidden, await swarm.DoAsync("service", "inspect", "web", "--output", "json"), StringComparison.Ordinal);
        Assert.DoesNotContain(Hidden, await swarm.DoAsync("secret", "inspect", "key", "--output", "json"), StringComparison.Ordinal);
        Assert.Contains("is in use by the following service: web", (await swarm.TryAsync("secret", "rm", "key")).StandardError, StringComparison.Ordinal);
        Assert.DoesNotContain(Hidden, swarm["m1"].Log, StringComparison.Ordinal);

        await swarm.DoAsync("service", "rm", "web");
        await swarm.UntilAsync("files gone", () => Task.FromResult(Directory.GetFiles(files, "*", SearchOption.AllDirectories).Length == 0));
        await swarm.DoAsync("secret", "rm", "key");
        await swarm.DoAsync("config", "rm", "text");
    }

    [Fact]
    public async Task DockerExecutor_MountsThem_ReadOnly()
    {
        DockerDaemon.RequireDocker();
        await using var docker = await DockerDaemon.StartAsync();
        await docker.ImportAsync("busybox:1");
        await using var swarm = new TestSwarm("docker", docker.Socket);
        await swarm.StartFirstAsync("m1");
        var file = Path.Combine(swarm.DirectoryOf("m1"), "secret.txt");
        await File.WriteAllTextAsync(file, Hidden, TestContext.Current.CancellationToken);
        await swarm.DoAsync("secret", "create", "key", "--file", file);
        await swarm.DoAsync("config", "create", "text", "--file", file);
        await swarm.DoAsync(
            "service", "create", "--name", "web", "--image", "busybox:1", "--user", "1000:1000", "--secret", "key", "--config", "text:/etc/app/text",
            "--command", "/bin/sh", "--args", "-c", "--args", "cat /run/secrets/key /etc/app/text; echo x > /run/secrets/key || echo; echo read-only; sleep 1000");
        await swarm.UntilAsync("running", async () => (await swarm.RunningAsync("web")).Count == 1);
        var container = $"web.1.{(await swarm.RunningAsync("web"))[0].Id}";
        await swarm.UntilAsync("seen", async () => (await docker.DoAsync("logs", container)).Contains(Hidden + Hidden, StringComparison.Ordinal));
        Assert.Contains("read-only", await docker.DoAsync("logs", container), StringComparison.Ordinal);
        Assert.DoesNotContain(Hidden, await docker.DoAsync("inspect", container), StringComparison.Ordinal);
    }
}
