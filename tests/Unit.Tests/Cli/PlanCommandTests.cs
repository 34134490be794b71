using SwarmOrleans.Contracts;

namespace SwarmOrleans.Tests.Unit.CommandLine;

/// <summary>Dry runs on the command line.</summary>
public sealed class PlanCommandTests : CommandLineTest
{
    [Fact]
    public async Task Create_DryRun_ShowsWhatWouldStartWhere_AndCreatesNothing()
    {
        await World.CreateAsync(NodeOf("n1", "alpha"), NodeOf("n2", "beta"));
        var view = World.Store.Current;
        string[] create = ["service", "create", "--name", "web", "--image", "x", "--replicas", "3", "--cpu-reservation", "3", "--dry-run"];
        var shown = await DoAsync(create);
        Assert.Contains("3 would start, 0 stop, 0 stay", shown, StringComparison.Ordinal);
        Assert.Matches("(?m)^1 +0s +START +[12] +alpha$", shown);
        Assert.Matches("(?m)^1 +0s +START +[12] +beta$", shown);
        Assert.Matches(@"(?m)^1 +0s +START +3 +\(no node\)$", shown);
        Assert.Matches("(?m)^beta +1 +0 +0$", shown);
        Assert.Matches("(?m)^1 +PLACING .*no suitable node .insufficient resources on 2 nodes.$", shown);
        Assert.Contains("\"nodeName\": \"alpha\"", await DoAsync([.. create, "--output", "json"]), StringComparison.Ordinal);
        Assert.Contains(" n2", await DoAsync([.. create, "--no-resolve"]), StringComparison.Ordinal);
        Assert.Same(view, World.Store.Current);
        await FailsAsync("name", "service", "create", "--name", "-", "--image", "x", "--dry-run");
    }

    [Fact]
    public async Task Update_DryRun_ShowsWhatWouldStop_AndUpdatesNothing()
    {
        await World.CreateAsync(NodeOf("n1", "alpha"));
        var id = await DoAsync("service", "create", "--name", "web", "--image", "x", "--replicas", "2");
        var service = World.Store.Current.Find<Service>(id)!;
        await World.CreateAsync([
            .. Enumerable.Range(1, 2).Select(i => Unit.Control.ControlWorld.TaskOf(service, $"t{i}", TaskState.Running, nodeId: "n1", slot: (ulong)i)),
        ]);
        var view = World.Store.Current;
        var scaled = await DoAsync("service", "update", "web", "--replicas", "1", "--dry-run");
        Assert.Matches("(?m)^1 +0s +STOP +2 +t2 +alpha$", scaled);
        var updated = await DoAsync("service", "update", "web", "--image", "y", "--update-parallelism", "1", "--update-delay", "1m", "--dry-run");
        Assert.Matches("(?m)^1 +0s +REPLACE +1 +t1 +alpha +alpha$", updated);
        Assert.Matches("(?m)^2 +1m0s +REPLACE +2 +t2 +alpha +alpha$", updated);
        Assert.Contains("COMPLETED: update completed", updated, StringComparison.Ordinal);
        Assert.Same(view, World.Store.Current);
        await FailsAsync("no changes detected", "service", "update", "web", "--replicas", "2", "--dry-run");
        await FailsAsync("does not have a previous spec", "service", "update", "web", "--rollback", "--dry-run");
    }

    private static Node NodeOf(string id, string name) => new()
    {
        Id = id,
        Spec = new NodeSpec(),
        Status = new NodeStatus { State = NodeStatus.Types.State.Ready },
        Description = new NodeDescription { Hostname = name, Resources = new Resources { NanoCpus = 4_000_000_000 } },
    };
}
