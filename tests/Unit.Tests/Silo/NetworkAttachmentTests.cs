using SwarmOrleans.Contracts;
using SwarmOrleans.Control;
using SwarmOrleans.Silo.Loops;
using SwarmOrleans.Store;
using SwarmOrleans.Testing;

namespace SwarmOrleans.Tests.Unit.Silo;

/// <summary>Attachments of single containers (NET-9): asked for by a node, given an address by the allocator, assigned to that node by the scheduler.</summary>
public sealed class NetworkAttachmentTests : IAsyncDisposable
{
    private readonly TestStore _test = TestStore.Create();
    private readonly CancellationTokenSource _life = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);

    public NetworkAttachmentTests() => Attachments = new NetworkAttachments(_test.Store, new RandomIdSource(new Random(3)), TimeProvider.System);

    private NetworkAttachments Attachments { get; }

    public async ValueTask DisposeAsync()
    {
        await _life.CancelAsync();
        await _test.DisposeAsync();
        _life.Dispose();
    }

    [Fact]
    public async Task NET_9_Attachment_GetsAnAddressAndItsNode_AndFreesItWhenItGoes()
    {
        await StartAsync();
        var id = await Attachments.AttachAsync("n1", new NetworkAttachmentConfig { Target = "web", Addresses = { "10.9.0.7" } }, "c1", _life.Token);
        var task = await WaitAsync(id, TaskState.Assigned);
        Assert.Equal(("n1", "w", "c1"), (task.NodeId, Assert.Single(task.Spec.Networks).Target, task.Spec.Attachment.ContainerId));
        Assert.Equal(["10.9.0.7/24"], Assert.Single(task.Networks).Addresses);

        var second = await Attachments.AttachAsync("n2", new NetworkAttachmentConfig { Target = "w", Addresses = { "10.9.0.7" } }, "c2", _life.Token);
        await Attachments.DetachAsync("n1", id, _life.Token);
        Assert.Equal(["10.9.0.7/24"], Assert.Single((await WaitAsync(second, TaskState.Assigned)).Networks).Addresses);
        Assert.Null(_test.Store.Current.Find<SwarmTask>(id));
    }

    [Theory]
    [InlineData(null, "c", "", UseCaseError.InvalidArgument, "config.target: a network must be given")]
    [InlineData("web", "", "", UseCaseError.InvalidArgument, "container_id: must be given")]
    [InlineData("web", "c", "ten", UseCaseError.InvalidArgument, "config.addresses[0]: ten is no address")]
    [InlineData("other", "c", "", UseCaseError.NotFound, "network other not found")]
    [InlineData("closed", "c", "", UseCaseError.PermissionDenied, "network closed not manually attachable")]
    public async Task NET_9_BadRequests_AreRefused(string? network, string container, string address, UseCaseError error, string message)
    {
        await StartAsync();
        var config = network is null ? null : new NetworkAttachmentConfig { Target = network };
        if (address.Length > 0)
        {
            config!.Addresses.Add(address);
        }

        var refused = await Assert.ThrowsAsync<UseCaseException>(() => Attachments.AttachAsync("n1", config, container, _life.Token));
        Assert.Equal((error, message), (refused.Error, refused.Message));
        Assert.Empty(_test.Store.Current.All<SwarmTask>());
    }

    [Fact]
    public async Task NET_9_AnothersAttachment_IsNotForThisNode()
    {
        await StartAsync();
        await _test.CreateAsync(new SwarmTask { Id = "t", NodeId = "n1", Spec = new TaskSpec { Container = new ContainerSpec() }, Status = new SwarmTaskStatus() });
        var id = await Attachments.AttachAsync("n1", new NetworkAttachmentConfig { Target = "web" }, "c1", _life.Token);
        async Task<string> RefusalAsync(string node, string attachment) =>
            (await Assert.ThrowsAsync<UseCaseException>(() => Attachments.DetachAsync(node, attachment, _life.Token))).Message;

        Assert.Equal($"attachment {id} doesn't belong to this node", await RefusalAsync("n2", id));
        Assert.Equal("attachment x not found", await RefusalAsync("n1", "x"));
        Assert.Equal("attachment t not found", await RefusalAsync("n1", "t"));
        Assert.Equal("attachment_id: must be given", await RefusalAsync("n1", ""));
        Assert.NotNull(_test.Store.Current.Find<SwarmTask>(id));
    }

    private async Task StartAsync()
    {
        await _test.CreateAsync(
            new Cluster { Id = "c", Spec = new ClusterSpec { Annotations = new Annotations { Name = "default" } } },
            Network("w", "web", isAttachable: true),
            Network("x", "closed", isAttachable: false),
            Ready("n1"),
            Ready("n2"));
        _ = new AllocatorLoop(_test.Store).RunAsync(1, _life.Token);
        _ = new SchedulerLoop(_test.Store, TimeProvider.System).RunAsync(1, _life.Token);
    }

    private async Task<SwarmTask> WaitAsync(string id, TaskState state)
    {
        var view = _test.Store.Current;
        if (view.Find<SwarmTask>(id) is { } now && now.Status.State >= state)
        {
            return now;
        }

        await foreach (var batch in _test.Store.WatchAsync(view.Version, _life.Token))
        {
            if (batch.View.Find<SwarmTask>(id) is { } task && task.Status.State >= state)
            {
                return task;
            }
        }

        throw new InvalidOperationException("the change feed has ended");
    }

    private static Network Network(string id, string name, bool isAttachable) => new()
    {
        Id = id,
        Spec = new NetworkSpec
        {
            Annotations = new Annotations { Name = name },
            Attachable = isAttachable,
            Ipam = isAttachable ? new IPAMOptions { Configs = { new IPAMConfig { Subnet = "10.9.0.0/24" } } } : null,
        },
    };

    private static Node Ready(string id) => new()
    {
        Id = id,
        Spec = new NodeSpec { Availability = NodeSpec.Types.Availability.Active },
        Status = new NodeStatus { State = NodeStatus.Types.State.Ready },
        Description = new NodeDescription { Hostname = id },
    };
}
