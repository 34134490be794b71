using SwarmOrleans.Contracts;
using SwarmOrleans.Store;
using SwarmOrleans.Tests.Unit.Control;

namespace SwarmOrleans.Tests.Unit.CommandLine;

/// <summary>Rebalancing on the command line.</summary>
public sealed class RebalanceCommandTests : CommandLineTest
{
    [Fact]
    public async Task Flags_BecomeThePolicy_AndOneTakesItBack()
    {
        var id = await DoAsync(
            "service", "create", "--name", "web", "--image", "x", "--rebalance", "--rebalance-max-moving", "2", "--rebalance-cool-down", "1m");
        RebalancePolicy? Policy() => World.Store.Current.Find<Service>(id)!.Spec.Rebalance;
        Assert.Equal((2U, TimeSpan.FromMinutes(1)), (Policy()!.MaxMoving, Policy()!.CoolDown.ToTimeSpan()));
        Assert.Equal(id, Assert.Single(World.Store.Current.Services.Rebalancing).Id);
        await DoAsync("service", "update", "web", "--rebalance", "false");
        Assert.Null(Policy());
        Assert.Empty(World.Store.Current.Services.Rebalancing);
        await FailsAsync("cool-down cannot be negative", "service", "update", "web", "--rebalance-cool-down=-1s");
        await FailsAsync("only replicated services", "service", "create", "--name", "g", "--image", "x", "--mode", "global", "--rebalance");
    }

    [Fact]
    public async Task DryRun_ShowsTheMoves_AndMovesNothing()
    {
        var id = await UnevenAsync();
        var version = World.Store.Current.Find<Service>(id)!.Meta.Version.Index;
        var shown = (await DoAsync("service", "rebalance", "web", "--dry-run")).Split('\n');
        Assert.Matches("^Slot +Task +From +To$", shown[0]);
        Assert.Matches("^4 +t4 +alpha +beta$", shown[2]);
        Assert.Matches("^3 +t3 +alpha +beta$", shown[3]);
        Assert.Equal(4, shown.Length);
        Assert.Contains("\"toNode\": \"n2\"", await DoAsync("service", "rebalance", "web", "--dry-run", "--output", "json"), StringComparison.Ordinal);
        Assert.Equal(version, World.Store.Current.Find<Service>(id)!.Meta.Version.Index);
    }

    [Fact]
    public async Task Request_IsNoted_AndRefusedWhereNothingCanMove()
    {
        var id = await UnevenAsync();
        Assert.Equal(id, await DoAsync("service", "rebalance", "web"));
        Assert.Equal(RebalanceStatus.Types.State.Requested, World.Store.Current.Find<Service>(id)!.RebalanceStatus.State);
        Assert.Contains("REQUESTED", await DoAsync("service", "inspect", "web"), StringComparison.Ordinal);
        await DoAsync("service", "create", "--name", "db", "--image", "x", "--mount", "type=volume,source=data,target=/data");
        await FailsAsync("use volumes that do not come along", "service", "rebalance", "db");
        Assert.StartsWith("nothing to move: its tasks use volumes", await DoAsync("service", "rebalance", "db", "--dry-run"), StringComparison.Ordinal);
        await FailsAsync("service nothing not found", "service", "rebalance", "nothing");
    }

    private async Task<string> UnevenAsync()
    {
        var id = await DoAsync("service", "create", "--name", "web", "--image", "x", "--replicas", "4");
        var service = World.Store.Current.Find<Service>(id)!;
        var tasks = Enumerable.Range(1, 4).Select(i => ControlWorld.TaskOf(service, $"t{i}", TaskState.Running, nodeId: "n1", slot: (ulong)i));
        await World.CreateAsync([NodeOf("n1", "alpha"), NodeOf("n2", "beta"), .. tasks]);
        return id;
    }

    private static Node NodeOf(string id, string name) => new()
    {
        Id = id,
        Spec = new NodeSpec(),
        Status = new NodeStatus { State = NodeStatus.Types.State.Ready },
        Description = new NodeDescription { Hostname = name },
    };
}
