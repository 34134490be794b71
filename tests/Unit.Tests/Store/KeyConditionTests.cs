using SwarmOrleans.Contracts;
using SwarmOrleans.Store;
using SwarmOrleans.Testing;
using PublishMode = SwarmOrleans.Contracts.PortConfig.Types.PublishMode;

namespace SwarmOrleans.Tests.Unit.Store;

/// <summary>Conditions on what objects hold of things that are there once.</summary>
public sealed class KeyConditionTests
{
    private static readonly string Port80 = StoreKeys.PublishedPort(PublishMode.Ingress, PortConfig.Types.Protocol.Tcp, 80);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task KeyFree_ConflictsWithAnotherHolder_NotWithItself()
    {
        await using var test = TestStore.Create();
        await test.CreateAsync(With("a", "a", 80));
        var other = await test.Store.CommitAsync(new StoreTransaction().RequireKeyFree(ObjectKind.Service, Port80, "b").Create(With("b", "b", 80)), Stop);
        Assert.Equal((ConflictReason.KeyInUse, "a"), (other.Conflict!.Reason, other.Conflict.Id));
        var itself = await test.Store.CommitAsync(
            new StoreTransaction().RequireKeyFree(ObjectKind.Service, Port80, "a").Update(test.Store.Current.Find<Service>("a")!.Clone()), Stop);
        Assert.True(itself.IsCommitted);
    }

    [Fact]
    public async Task KeysOfSpecAndEndpoint_FollowTheService()
    {
        await using var test = TestStore.Create();
        var service = With("a", "a", 80);
        service.Endpoint = new Endpoint { Ports = { new PortConfig { TargetPort = 1, PublishedPort = 30000 } } };
        await test.CreateAsync(service);
        Assert.Equal(["80", "30000"], new[] { 80u, 30000u }.Where(p => Holders(test, p) == 1).Select(p => $"{p}"));
        var changed = test.Store.Current.Find<Service>("a")!.Clone();
        (changed.Spec.Endpoint, changed.Endpoint) = (null, null);
        await test.Store.CommitAsync(new StoreTransaction().Update(changed), Stop);
        Assert.Equal((0, 0), (Holders(test, 80), Holders(test, 30000)));
        Assert.Empty(test.Store.Current.Services.HoldingKey(StoreKeys.UseOfIngress));
    }

    [Fact]
    public async Task NetworkReferences_AreServicesAndLiveTasks()
    {
        await using var test = TestStore.Create();
        var task = Services.TaskOf("svc", "t1", 1);
        task.Networks.Add(new NetworkAttachment { Network = new Network { Id = "net" } });
        await test.CreateAsync(new Network { Id = "net", Spec = new NetworkSpec { Annotations = new Annotations { Name = "net" } } }, task);
        var used = await test.Store.CommitAsync(new StoreTransaction().RequireUnreferenced(ObjectKind.Network, "net"), Stop);
        Assert.Equal(ConflictReason.StillReferenced, used.Conflict!.Reason);
        var ended = test.Store.Current.Find<SwarmTask>("t1")!.Clone();
        ended.Status.State = TaskState.Failed;
        await test.Store.CommitAsync(new StoreTransaction().Update(ended), Stop);
        Assert.True((await test.Store.CommitAsync(new StoreTransaction().RequireUnreferenced(ObjectKind.Network, "net"), Stop)).IsCommitted);
        Assert.Single(test.Store.Current.Tasks.ReferencingNetwork("net"));
        Assert.Empty(test.Store.Current.Tasks.UsingNetwork("net"));
    }

    private static int Holders(TestStore test, uint port) =>
        test.Store.Current.Services.HoldingKey(StoreKeys.PublishedPort(PublishMode.Ingress, PortConfig.Types.Protocol.Tcp, port)).Count;

    private static Service With(string id, string name, uint port)
    {
        var service = Services.Named(name, id);
        service.Spec.Endpoint = new EndpointSpec { Ports = { new PortConfig { TargetPort = port, PublishedPort = port } } };
        return service;
    }
}
