using Google.Protobuf;
using SwarmOrleans.Contracts;
using SwarmOrleans.Control;
using SwarmOrleans.Store;
using static SwarmOrleans.Tests.Unit.Control.ControlWorld;

namespace SwarmOrleans.Tests.Unit.Control;

/// <summary>Nodes through the control API (API-29).</summary>
public sealed class NodeTests : IAsyncDisposable
{
    private readonly ControlWorld _world = new();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task AT_API_29_Lists_AreFiltered()
    {
        await _world.CreateAsync(
            NodeOf("id1", "alpha", node => node.Spec.Annotations.Labels["disk"] = "ssd"),
            NodeOf("id2", "beta", node => node.Description.Engine.Labels["gpu"] = "yes"),
            NodeOf("id3", "gamma", node => node.Spec.Membership = NodeSpec.Types.Membership.Pending),
            ManagerNode("id4", "delta"));
        await IsAsync(["alpha", "beta", "delta", "gamma"], null);
        await IsAsync(["alpha", "beta"], new() { Names = { "alpha", "beta", "other" } });
        await IsAsync(["gamma"], new() { NamePrefixes = { "ga" } });
        await IsAsync(["beta"], new() { IdPrefixes = { "id2" } });
        await IsAsync(["delta"], new() { Roles = { NodeRole.Manager } });
        await IsAsync(["alpha", "beta", "delta", "gamma"], new() { Roles = { NodeRole.Manager, NodeRole.Worker } });
        await IsAsync(["gamma"], new() { Memberships = { NodeSpec.Types.Membership.Pending } });
        await IsAsync([], new() { Memberships = { NodeSpec.Types.Membership.Pending }, Roles = { NodeRole.Manager } });
        await IsAsync(["alpha"], new() { NodeLabels = { ["disk"] = "ssd" } });
        await IsAsync(["beta"], new() { Labels = { ["gpu"] = "" } });
        await IsAsync([], new() { Labels = { ["disk"] = "ssd" } });
    }

    [Fact]
    public async Task AT_API_29_ManagerStatus_IsTheMembersOfNow()
    {
        await AddManagersAsync(3);
        _world.LeaderAddress = "m2:1";
        _world.Unreachable.Add("m3:1");
        var nodes = (await _world.Nodes.ListAsync(null, Stop)).ToDictionary(n => n.Id);
        Assert.Equal((false, RaftMemberStatus.Types.Reachability.Reachable), (nodes["m1"].ManagerStatus.Leader, nodes["m1"].ManagerStatus.Reachability));
        Assert.True(nodes["m2"].ManagerStatus.Leader);
        Assert.Equal(RaftMemberStatus.Types.Reachability.Unreachable, nodes["m3"].ManagerStatus.Reachability);
        _world.LeaderAddress = "m1:1";
        Assert.True((await _world.Nodes.GetAsync("m1", Stop)).ManagerStatus.Leader);
        await RefusedAsync(UseCaseError.NotFound, "node nothing not found", () => _world.Nodes.GetAsync("nothing", Stop));
        await InvalidAsync("node_id", () => _world.Nodes.GetAsync("", Stop));
    }

    [Fact]
    public async Task AT_API_30_ReadyNode_IsRemovedByForceOnly_AndItsCertificateIsRefusedFromThenOn()
    {
        await _world.CreateAsync(NodeOf("n1", "a"), NodeOf("n2", "b", n => n.Status.State = NodeStatus.Types.State.Down), Settings());
        await RefusedAsync(UseCaseError.FailedPrecondition, "node n1 is not down and can't be removed", () => _world.Nodes.RemoveAsync("n1", false, Stop));
        await _world.Nodes.RemoveAsync("n2", false, Stop);
        await _world.Nodes.RemoveAsync("n1", true, Stop);
        var cluster = _world.Store.Current.Cluster!;
        Assert.Equal(["n1", "n2"], cluster.BlacklistedCertificates.Keys.Order());
        Assert.Equal(_world.Time.GetUtcNow() + TimeSpan.FromDays(90 + 7), cluster.BlacklistedCertificates["n1"].Expiry.ToDateTimeOffset());
        Assert.Equal(0, _world.Store.Current.Count<Node>());
        await RefusedAsync(UseCaseError.NotFound, "node n1 not found", () => _world.Nodes.RemoveAsync("n1", true, Stop));
    }

    [Fact]
    public async Task AT_API_30_AManager_IsNotRemoved_EvenByForce()
    {
        await AddManagersAsync(1);
        await RefusedAsync(UseCaseError.FailedPrecondition, "must be demoted to worker before removal", () => _world.Nodes.RemoveAsync("m1", true, Stop));
    }

    [Fact]
    public async Task AT_API_31_Updates_NeedIdVersionAndSpec_OfNow()
    {
        await _world.CreateAsync(NodeOf("n1", "a"));
        var node = await _world.Nodes.GetAsync("n1", Stop);
        await InvalidAsync("must be given", () => _world.Nodes.UpdateAsync("", node.Meta.Version, node.Spec, Stop));
        await InvalidAsync("must be given", () => _world.Nodes.UpdateAsync("n1", null, node.Spec, Stop));
        await InvalidAsync("must be given", () => _world.Nodes.UpdateAsync("n1", node.Meta.Version, null, Stop));
        await RefusedAsync(UseCaseError.NotFound, "node nothing not found", () => _world.Nodes.UpdateAsync("nothing", node.Meta.Version, node.Spec, Stop));
        var drained = node.Spec.Clone();
        drained.Availability = NodeSpec.Types.Availability.Drain;
        Assert.Equal(NodeSpec.Types.Availability.Drain, (await _world.Nodes.UpdateAsync("n1", node.Meta.Version, drained, Stop)).Spec.Availability);
        await RefusedAsync(UseCaseError.FailedPrecondition, "update out of sequence", () => _world.Nodes.UpdateAsync("n1", node.Meta.Version, node.Spec, Stop));
    }

    [Fact]
    public async Task AT_API_31_Demotion_KeepsTheLastManager_AndTheMajority()
    {
        await AddManagersAsync(1);
        await DemoteAsync("m1", UseCaseError.FailedPrecondition, "attempting to demote the last manager of the swarm");
        await _world.CreateAsync(ManagerNode("m2", "m2"), MemberOf("m2"), ManagerNode("m3", "m3"), MemberOf("m3"), ManagerNode("x", "x"));
        await DemoteAsync("x", UseCaseError.NotFound, "can't find manager in raft memberlist");
        _world.Unreachable.Add("m3:1");
        await DemoteAsync("m1", UseCaseError.FailedPrecondition, "this would result in a loss of quorum");
    }

    [Fact]
    public async Task Differences_RolesCannotBeChangedYet()
    {
        await AddManagersAsync(3);
        await DemoteAsync("m1", UseCaseError.Unimplemented, "not served by this version");
    }

    [Fact]
    public async Task AT_API_32_TasksOfARemovedNode_AreOrphaned_IfTheyHaveNotEnded()
    {
        await _world.CreateAsync(NodeOf("n1", "a", n => n.Status.State = NodeStatus.Types.State.Down), Settings());
        var service = await _world.CreateServiceAsync();
        await _world.CreateAsync(
            TaskOf(service, "running", TaskState.Running, nodeId: "n1"),
            TaskOf(service, "complete", TaskState.Complete, nodeId: "n1"),
            TaskOf(service, "failed", TaskState.Failed, nodeId: "n1"),
            TaskOf(service, "elsewhere", TaskState.Running, nodeId: "n2"));
        await _world.Nodes.RemoveAsync("n1", false, Stop);
        var view = _world.Store.Current;
        Assert.Equal(
            (TaskState.Orphaned, "Task belonged to a node that has been deleted"),
            (view.Find<SwarmTask>("running")!.Status.State, view.Find<SwarmTask>("running")!.Status.Message));
        Assert.Equal(TaskState.Complete, view.Find<SwarmTask>("complete")!.Status.State);
        Assert.Equal(TaskState.Failed, view.Find<SwarmTask>("failed")!.Status.State);
        Assert.Equal(TaskState.Running, view.Find<SwarmTask>("elsewhere")!.Status.State);
    }

    private async Task DemoteAsync(string id, UseCaseError error, string message)
    {
        var node = _world.Store.Current.Find<Node>(id)!;
        var spec = node.Spec.Clone();
        spec.DesiredRole = NodeRole.Worker;
        await RefusedAsync(error, message, () => _world.Nodes.UpdateAsync(id, node.Meta.Version, spec, Stop));
    }

    private async Task AddManagersAsync(int count)
    {
        foreach (var id in Enumerable.Range(1, count).Select(i => $"m{i}"))
        {
            await _world.CreateAsync(ManagerNode(id, id), MemberOf(id));
        }
    }

    private async Task IsAsync(string[] names, ListNodesRequest.Types.Filters? filters) =>
        Assert.Equal(names, (await _world.Nodes.ListAsync(filters, Stop)).Select(n => n.Description.Hostname).Order());

    private static Cluster Settings() => new()
    {
        Id = "c",
        Spec = new ClusterSpec { Annotations = new Annotations { Name = "default" } },
    };

    private static Manager MemberOf(string id) => new() { Id = id, Addr = $"{id}:1", RaftId = 7 };

    private static Node ManagerNode(string id, string hostname) => NodeOf(id, hostname, node => (node.Role, node.Spec.DesiredRole) = (NodeRole.Manager, NodeRole.Manager));

    private static Node NodeOf(string id, string hostname, Action<Node>? change = null)
    {
        var node = new Node
        {
            Id = id,
            Spec = new NodeSpec { Annotations = new Annotations(), Membership = NodeSpec.Types.Membership.Accepted },
            Description = new NodeDescription { Hostname = hostname, Engine = new EngineDescription() },
            Status = new NodeStatus { State = NodeStatus.Types.State.Ready },
            Certificate = new Certificate { Certificate_ = ByteString.Empty },
        };
        change?.Invoke(node);
        return node;
    }
}
