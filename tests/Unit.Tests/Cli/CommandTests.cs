using SwarmOrleans.Contracts;

namespace SwarmOrleans.Tests.Unit.CommandLine;

/// <summary>swarmctl against the control API, in one process (H.2).</summary>
public sealed class CommandTests : CommandLineTest
{
    [Fact]
    public async Task Secrets_AreCreatedListedShownAndRemoved_WithoutTheirData()
    {
        var id = await StoreAsync("hidden", "secret", "create", "key", "--label", "a=b");
        Assert.Matches("^[0-9a-z]{25}$", id);
        Assert.Equal("hidden", World.Store.Current.Find<Secret>(id)!.Spec.Data.ToStringUtf8());
        Assert.Matches(@"^ID {27}Name    Driver    Created\n-- {27}----    ------    -------\n" + id + " {4}key {15}Less than a second ago$", await DoAsync("secret", "ls"));
        Assert.Equal(id, await DoAsync("secret", "ls", "-q"));
        var shown = await DoAsync("secret", "inspect", "key");
        Assert.Matches(@"ID +: " + id, shown);
        Assert.Contains("Labels:\n  a", shown, StringComparison.Ordinal);
        foreach (var output in new[] { shown, await DoAsync("secret", "inspect", id[..5], "--output", "json"), await DoAsync("secret", "ls", "--output", "json") })
        {
            Assert.DoesNotContain("hidden", output, StringComparison.Ordinal);
            Assert.DoesNotContain("aGlkZGVu", output, StringComparison.Ordinal);
        }

        Assert.Equal(id, await DoAsync("secret", "rm", "key"));
        await FailsAsync("secret key not found", "secret", "inspect", "key");
    }

    [Fact]
    public async Task Configs_ComeFromFiles()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "shown", TestContext.Current.CancellationToken);
        var id = await DoAsync("config", "create", "conf", "--file", file);
        File.Delete(file);
        Assert.Equal("shown", World.Store.Current.Find<Config>(id)!.Spec.Data.ToStringUtf8());
        Assert.Matches(@"^ID {27}Name    Created\n", await DoAsync("config", "ls"));
        await FailsAsync("/nothing/there", "config", "create", "other", "--file", "/nothing/there");
        await FailsAsync("config conf already exists", "config", "create", "conf");
        Assert.Equal(id, await DoAsync("config", "remove", "conf"));
    }

    [Fact]
    public async Task Networks_AreCreatedListedShownAndRemoved()
    {
        var id = await DoAsync(
            "network", "create", "--name", "net", "--driver", "overlay", "--subnet", "10.1.0.0/16", "--gateway", "10.1.0.1", "--ip-range", "10.1.2.0/24", "--opts", "k=v", "--attachable");
        Assert.Matches(@"^ID {25}Name  Driver\n-- {25}----  ------\n" + id + "  net   overlay$", await DoAsync("network", "ls"));
        var shown = await DoAsync("network", "inspect", "net");
        Assert.Contains("10.1.2.0/24", shown, StringComparison.Ordinal);
        Assert.Matches("Option k +: v", shown);
        await FailsAsync("network nothing not found", "network", "rm", "nothing");
        await FailsAsync("each must have its --subnet", "network", "create", "--name", "x", "--gateway", "10.1.0.1");
        await FailsAsync("invalid subnet", "network", "create", "--name", "x", "--subnet", "nonsense");
        Assert.Equal(id, await DoAsync("network", "rm", "net"));
    }

    [Fact]
    public async Task Volumes_AreCreatedListedShownAndRemoved()
    {
        await StoreAsync("hidden", "secret", "create", "key");
        var id = await DoAsync("volume", "create", "vol", "--driver", "csi", "--group", "g", "--scope", "multi", "--sharing", "all", "--secret", "k=key", "--required-bytes", "1g");
        var volume = World.Store.Current.Find<Volume>(id)!;
        Assert.Equal((1L << 30, VolumeAccessMode.Types.Sharing.All), (volume.Spec.CapacityRange.RequiredBytes, volume.Spec.AccessMode.Sharing));
        Assert.Contains("vol   g      csi     ACTIVE", await DoAsync("volume", "ls"), StringComparison.Ordinal);
        Assert.Matches("Scope +: MultiNode", await DoAsync("volume", "inspect", "vol"));
        await FailsAsync("--type", "volume", "create", "x", "--driver", "d", "--type", "tape");
        Assert.Equal(id, await DoAsync("volume", "rm", "vol"));
    }

    [Fact]
    public async Task ServiceFlags_BecomeTheSpec()
    {
        await StoreAsync("hidden", "secret", "create", "key");
        await StoreAsync("shown", "config", "create", "conf");
        var network = await DoAsync("network", "create", "--name", "net");
        await DoAsync("network", "create", "--name", "ingress", "--ingress");
        var id = await DoAsync(
            "service", "create", "--name", "web", "--image", "nginx:1", "--replicas", "3", "--secret", "key", "--secret", "key:/etc/key", "--config", "conf:app.conf",
            "--network", "net", "--publish", "8080:80", "--publish", "published=53,target=53,protocol=udp,mode=host", "--mount", "type=volume,source=data,target=/data,readonly",
            "--tmpfs", "/scratch:size=64m,mode=1777,exec", "--bind", "/src:/dst", "--placement-pref", "spread=node.labels.dc", "--generic-resources", "gpu=2,fpga=1",
            "--log-driver", "json-file", "--log-opt", "max-size=1m", "--ulimit", "nofile=100:200", "--oom-score-adj=-5", "--restart-condition", "failure",
            "--update-parallelism", "2", "--rollback-order", "start-first", "--endpoint-mode", "vip");
        var spec = World.Store.Current.Find<Service>(id)!.Spec;
        var container = spec.Task.Container;
        Assert.Equal(["key", "/etc/key"], container.Secrets.Select(s => s.File.Name));
        Assert.All(container.Secrets, s => Assert.Equal(("key", 0x124U), (s.SecretName, s.File.Mode)));
        Assert.Equal(("conf", "app.conf"), (container.Configs[0].ConfigName, container.Configs[0].File.Name));
        Assert.Equal(network, spec.Task.Networks[0].Target);
        Assert.Equal((8080U, 80U, PortConfig.Types.PublishMode.Ingress), (spec.Endpoint.Ports[0].PublishedPort, spec.Endpoint.Ports[0].TargetPort, spec.Endpoint.Ports[0].PublishMode));
        Assert.Equal((PortConfig.Types.Protocol.Udp, PortConfig.Types.PublishMode.Host), (spec.Endpoint.Ports[1].Protocol, spec.Endpoint.Ports[1].PublishMode));
        Assert.Equal(["/data", "/dst", "/scratch"], container.Mounts.Select(m => m.Target).Order(StringComparer.Ordinal));
        var tmpfs = container.Mounts.Single(m => m.Target == "/scratch").TmpfsOptions;
        Assert.Equal((64L << 20, 0x3ffU, "exec"), (tmpfs.SizeBytes, tmpfs.Mode, tmpfs.Options));
        Assert.Equal("node.labels.dc", spec.Task.Placement.Preferences[0].Spread.SpreadDescriptor);
        Assert.Equal(["gpu=2", "fpga=1"], spec.Task.Resources.Reservations.Generic.Select(g => $"{g.DiscreteResourceSpec.Kind}={g.DiscreteResourceSpec.Value}"));
        Assert.Equal(("json-file", "1m"), (spec.Task.LogDriver.Name, spec.Task.LogDriver.Options["max-size"]));
        Assert.Equal(("nofile", 100L, 200L, -5L), (container.Ulimits[0].Name, container.Ulimits[0].Soft, container.Ulimits[0].Hard, container.OomScoreAdj));
        Assert.Equal(RestartPolicy.Types.RestartCondition.OnFailure, spec.Task.Restart.Condition);
        Assert.Equal((2UL, UpdateConfig.Types.UpdateOrder.StartFirst), (spec.Update.Parallelism, spec.Rollback.Order));
        await FailsAsync("secret 'key' is in use by the following service: web", "secret", "rm", "key");
        await FailsAsync("is in use by service", "network", "rm", "net");
        Assert.Contains("key /etc/key", await DoAsync("service", "inspect", "web"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Modes_AreAllFour()
    {
        async Task<ServiceSpec> CreateAsync(string name, params string[] flags)
        {
            var id = await DoAsync(["service", "create", "--name", name, "--image", "x", .. flags]);
            return World.Store.Current.Find<Service>(id)!.Spec;
        }

        Assert.Equal(1UL, (await CreateAsync("a")).Replicated.Replicas);
        Assert.NotNull((await CreateAsync("b", "--mode", "global")).Global);
        var job = (await CreateAsync("c", "--mode", "replicated-job", "--total-completions", "9", "--max-concurrent", "3")).ReplicatedJob;
        Assert.Equal((3UL, 9UL), (job.MaxConcurrent, job.TotalCompletions));
        Assert.NotNull((await CreateAsync("d", "--mode", "global-job")).GlobalJob);
        await FailsAsync("is neither replicated, global", "service", "create", "--name", "e", "--image", "x", "--mode", "other");
        await FailsAsync("--replicas", "service", "create", "--name", "e", "--image", "x", "--mode", "global", "--replicas", "2");
        await FailsAsync("--max-concurrent", "service", "create", "--name", "e", "--image", "x", "--max-concurrent", "2");
        var list = await DoAsync("service", "ls");
        Assert.Matches(@"a +x +0/1\n", list);
        Assert.Matches(@"b +x +global\n", list);
        Assert.Matches(@"c +x +0/3 of 9\n", list);
        Assert.Matches(@"d +x +global job$", list);
    }

    [Fact]
    public async Task UpdatesAddAndTakeReferences_AndRollbackGoesBack()
    {
        await StoreAsync("hidden", "secret", "create", "one");
        await StoreAsync("hidden", "secret", "create", "two");
        var id = await DoAsync("service", "create", "--name", "web", "--image", "x", "--secret", "one");
        Assert.Equal(id, await DoAsync("service", "update", "web", "--add-secret", "two", "--rm-secret", "one", "--add-capability", "CAP_SYS_TIME"));
        var container = World.Store.Current.Find<Service>(id)!.Spec.Task.Container;
        Assert.Equal("two", Assert.Single(container.Secrets).SecretName);
        Assert.Equal(["CAP_SYS_TIME"], container.CapabilityAdd);
        await FailsAsync("the service has no secret one", "service", "update", "web", "--rm-secret", "one");
        await FailsAsync("secret three not found", "service", "update", "web", "--add-secret", "three");
        Assert.Equal(id, await DoAsync("service", "rollback", "web"));
        Assert.Equal("one", Assert.Single(World.Store.Current.Find<Service>(id)!.Spec.Task.Container.Secrets).SecretName);
        await FailsAsync("no changes detected", "service", "update", "web", "--image", "x");
        await FailsAsync("service nothing not found", "service", "rollback", "nothing");
    }

    [Theory]
    [InlineData("--ports", "80", "name:port")]
    [InlineData("--ports", "http:eighty", "is not a port")]
    [InlineData("--publish", "1:2:3", "[published:]target")]
    [InlineData("--publish", "80/icmp", "neither tcp, udp nor sctp")]
    [InlineData("--publish", "target=80,mode=both", "neither ingress nor host")]
    [InlineData("--publish", "target=80,speed=1", "\"speed\" is not known")]
    [InlineData("--mount", "type=disk,target=/x", "neither bind")]
    [InlineData("--mount", "source=/x", "has no target")]
    [InlineData("--mount", "target=/x,colour=red", "\"colour\" is not known")]
    [InlineData("--tmpfs", "/x:fast", "neither size=")]
    [InlineData("--bind", "/x", "source:target")]
    [InlineData("--placement-pref", "pack=node.id", "only spread")]
    [InlineData("--generic-resources", "gpu=many", "is not a whole number")]
    [InlineData("--ulimit", "nofile", "key=value")]
    [InlineData("--endpoint-mode", "magic", "neither vip nor dnsrr")]
    public async Task BadFlags_AreNamed(string flag, string value, string message)
    {
        await FailsAsync(message, "service", "create", "--name", "web", "--image", "x", flag, value);
        Assert.Equal(0, World.Store.Current.Count<Service>());
    }

    [Fact]
    public async Task NamedPorts_AreHostPorts()
    {
        var id = await DoAsync("service", "create", "--name", "web", "--image", "x", "--ports", "http:80/tcp:8080", "--ports", "dns:53/udp");
        var ports = World.Store.Current.Find<Service>(id)!.Spec.Endpoint.Ports;
        Assert.Equal(("http", 80U, 8080U), (ports[0].Name, ports[0].TargetPort, ports[0].PublishedPort));
        Assert.Equal(("dns", PortConfig.Types.Protocol.Udp, 0U), (ports[1].Name, ports[1].Protocol, ports[1].PublishedPort));
        Assert.All(ports, p => Assert.Equal(PortConfig.Types.PublishMode.Host, p.PublishMode));
        Assert.Matches(@"Port +: http 8080 -> 80/tcp \(host\)", await DoAsync("service", "inspect", "web"));
    }
}
