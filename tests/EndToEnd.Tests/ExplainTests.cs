using System.Text.Json;
using SwarmOrleans.Tests.EndToEnd.Harness;

namespace SwarmOrleans.Tests.EndToEnd;

/// <summary>What cannot run says why; what is not done yet can be looked at before.</summary>
public sealed class ExplainTests
{
    [Fact]
    public async Task WhatCannotRun_IsExplained_AndDryRunsForetell_WithoutWriting()
    {
        await using var swarm = new TestSwarm();
        await swarm.StartAsync(managers: 1, workers: 2);
        string[] sleeping = ["--image", "x", "--command", "sleep", "--args", "1000"];
        await swarm.DoAsync(["service", "create", "--name", "picky", .. sleeping, "--constraint", "node.labels.disk==ssd"]);
        await swarm.DoAsync(["service", "create", "--name", "huge", .. sleeping, "--replicas", "2", "--memory-reservation", "1000t"]);
        var picky = await PendingTaskAsync(swarm, "picky");
        var explained = await swarm.DoAsync("task", "explain", picky);
        Assert.Matches("(?m)^CONSTRAINTS +3/3 +3 +node.labels.disk == ssd$", explained);
        Assert.All(["m1", "w1", "w2"], node => Assert.Matches($"(?m)^{node} +CONSTRAINTS +node.labels.disk == ssd$", explained));
        var service = await swarm.DoAsync("service", "explain", "huge");
        Assert.Matches("(?m)^2 +PLACING +[0-9a-z]{25} +no suitable node .insufficient resources on 3 nodes.$", service);
        using (var json = JsonDocument.Parse(await swarm.DoAsync("task", "explain", await PendingTaskAsync(swarm, "huge"), "--output", "json")))
        {
            var refusal = json.RootElement.GetProperty("placement").GetProperty("shownNodes")[0].GetProperty("refusals")[0];
            Assert.Equal("PLACEMENT_RULE_RESOURCES", refusal.GetProperty("rule").GetString());
            Assert.Equal("memory", refusal.GetProperty("shortages")[0].GetProperty("resource").GetString());
        }

        // What is explained is the swarm as it is now.
        await swarm.DoAsync("node", "update", "w2", "--label", "disk=ssd");
        await swarm.UntilAsync("the label is enough", async () => (await swarm.RunningAsync("picky")).Count == 1);
        Assert.Contains("it runs on node w2", await swarm.DoAsync("task", "explain", (await swarm.RunningAsync("picky"))[0].Id), StringComparison.Ordinal);

        string[] create = ["service", "create", "--name", "web", .. sleeping, "--replicas", "3", "--update-parallelism", "1", "--update-delay", "1h"];
        var written = await StateAsync(swarm);
        var plan = await swarm.DoAsync([.. create, "--dry-run"]);
        Assert.Contains("3 would start, 0 stop, 0 stay", plan, StringComparison.Ordinal);
        Assert.Equal(written, await StateAsync(swarm));
        await swarm.DoAsync(create);
        await swarm.UntilAsync("three tasks", async () => (await swarm.RunningAsync("web")).Count == 3);
        var running = await swarm.RunningAsync("web");
        foreach (var node in running.GroupBy(t => t.Node))
        {
            Assert.Matches($"(?m)^{node.Key} +{node.Count()} +0 +0$", plan);
        }

        written = await StateAsync(swarm);
        var update = await swarm.DoAsync("service", "update", "web", "--image", "y", "--dry-run");
        Assert.Matches($"(?m)^1 +0s +REPLACE +[123] +({string.Join('|', running.Select(t => t.Id))}) ", update);
        Assert.Matches("(?m)^3 +2h0m0s +REPLACE ", update);
        Assert.Contains("COMPLETED: update completed", update, StringComparison.Ordinal);
        Assert.Equal(written, await StateAsync(swarm));
        var refused = await swarm.TryAsync([.. create, "--dry-run"]);
        Assert.Equal(255, refused.ExitCode);
        Assert.Equal((await swarm.TryAsync(create)).StandardError, refused.StandardError);
    }

    private static async Task<string> PendingTaskAsync(TestSwarm swarm, string service)
    {
        var id = "";
        await swarm.UntilAsync($"{service} waits", async () =>
        {
            var lines = (await swarm.RunAsync("service", "ps", service)).Split('\n');
            id = lines.FirstOrDefault(l => l.Contains("PENDING", StringComparison.Ordinal))?.Split(' ')[0] ?? "";
            return id.Length > 0;
        });
        return id;
    }

    // Every object's version and content, by kind.
    private static async Task<string> StateAsync(TestSwarm swarm) => string.Concat(
        await swarm.DoAsync("service", "ls", "--output", "json"),
        await swarm.DoAsync("task", "ls", "--all", "--output", "json"));
}
