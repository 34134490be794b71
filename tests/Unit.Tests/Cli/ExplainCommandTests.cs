using SwarmOrleans.Contracts;
using SwarmOrleans.Tests.Unit.Control;

namespace SwarmOrleans.Tests.Unit.CommandLine;

/// <summary>Explanations on the command line.</summary>
public sealed class ExplainCommandTests : CommandLineTest
{
    [Fact]
    public async Task TaskExplain_ShowsRulesAndNodes_ForPeopleAndScripts()
    {
        await PendingAsync();
        var shown = (await DoAsync("task", "explain", "waiting")).Split('\n');
        Assert.Contains("Phase         : PLACING", shown);
        Assert.Contains("Why           : no suitable node (scheduling constraints not satisfied on 1 node; host-mode port already in use on 1 node)", shown);
        Assert.Contains(shown, l => System.Text.RegularExpressions.Regex.IsMatch(l, "^CONSTRAINTS +1/2 +1 +node.labels.disk == ssd$"));
        Assert.Contains(shown, l => System.Text.RegularExpressions.Regex.IsMatch(l, @"^alpha +HOST_PORTS +in use there: 80/tcp \(80: web holder\)$"));
        Assert.Contains(shown, l => System.Text.RegularExpressions.Regex.IsMatch(l, "^beta +CONSTRAINTS +node.labels.disk == ssd$"));
        Assert.Contains("and 1 more nodes", await DoAsync("task", "explain", "waiting", "--nodes", "1"), StringComparison.Ordinal);
        Assert.Contains("\nn1 ", await DoAsync("task", "explain", "waiting", "-n"), StringComparison.Ordinal);
        var json = await DoAsync("task", "explain", "waiting", "--output", "json");
        Assert.Contains("\"rule\": \"PLACEMENT_RULE_HOST_PORTS\"", json, StringComparison.Ordinal);
        Assert.Contains("\"phase\": \"PLACING\"", json, StringComparison.Ordinal);
        await FailsAsync("between 1 and 1000", "task", "explain", "waiting", "--nodes", "0");
        await FailsAsync("task nothing not found", "task", "explain", "nothing");
    }

    [Fact]
    public async Task ServiceExplain_ShowsGroupsOfPendingTasksAndHolds()
    {
        var service = await PendingAsync();
        var shown = await DoAsync("service", "explain", "web");
        Assert.Matches("(?m)^Running +: 1/2$", shown);
        Assert.Matches("(?m)^1 +PLACING +waiting +no suitable node", shown);
        Assert.Contains("\"pending\": \"1\"", await DoAsync("service", "explain", service, "--output", "json"), StringComparison.Ordinal);
        await DoAsync("service", "rm", "web");
        Assert.Matches("(?m)^REMOVAL +2 +the service is being removed", await DoAsync("service", "explain", "web"));
        await FailsAsync("service nothing not found", "service", "explain", "nothing");
    }

    private async Task<string> PendingAsync()
    {
        var id = await DoAsync(
            "service", "create", "--name", "web", "--image", "x", "--replicas", "2", "--constraint", "node.labels.disk==ssd", "--publish", "mode=host,target=80,published=80");
        var service = World.Store.Current.Find<Service>(id)!;
        var (holder, waiting) = (ControlWorld.TaskOf(service, "holder", TaskState.Running, nodeId: "n1"), ControlWorld.TaskOf(service, "waiting", TaskState.Pending, slot: 2));
        holder.Endpoint = waiting.Endpoint = service.Endpoint;
        await World.CreateAsync(NodeOf("n1", "alpha", "ssd"), NodeOf("n2", "beta", "hdd"), holder, waiting);
        return id;
    }

    private static Node NodeOf(string id, string name, string disk) => new()
    {
        Id = id,
        Spec = new NodeSpec { Annotations = new Annotations { Labels = { ["disk"] = disk } } },
        Status = new NodeStatus { State = NodeStatus.Types.State.Ready },
        Description = new NodeDescription { Hostname = name },
    };
}
