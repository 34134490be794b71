using SwarmOrleans.Contracts;
using SwarmOrleans.Control;
using SwarmOrleans.Store;
using static SwarmOrleans.Tests.Unit.Control.ControlWorld;
using Action = SwarmOrleans.Contracts.WatchActionKind;
using Entry = SwarmOrleans.Contracts.WatchRequest.Types.WatchEntry;

namespace SwarmOrleans.Tests.Unit.Control;

/// <summary>Streams of changes (D.3).</summary>
public sealed class WatchTests : IAsyncDisposable
{
    private const Action All = Action.WatchActionCreate | Action.WatchActionUpdate | Action.WatchActionRemove;

    private readonly ControlWorld _world = new();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task TestWatch_FirstMessageComesAtOnce_ThenOneATransaction()
    {
        await using var watch = await BeginAsync(new WatchRequest { Entries = { EntryOf("service"), EntryOf("network") } });
        var service = await _world.CreateServiceAsync();
        await _world.CreateSecretAsync("unasked");
        var network = await _world.Networks.CreateAsync(new NetworkSpec { Annotations = new Annotations { Name = "net" } }, Stop);
        var first = await NextAsync(watch);
        Assert.Equal((Action.WatchActionCreate, service), (first.Events.Single().Action, first.Events.Single().Object.Service));
        Assert.Equal(service.Meta.Version, first.Version);
        Assert.Equal(network, (await NextAsync(watch)).Events.Single().Object.Network);
    }

    [Fact]
    public async Task ChangesOfOneTransaction_AreOneMessage()
    {
        await using var watch = await BeginAsync(new WatchRequest { Entries = { EntryOf("task") } });
        var service = await _world.CreateServiceAsync();
        var tasks = new[] { TaskOf(service, "t1", TaskState.New), TaskOf(service, "t2", TaskState.New, slot: 2) };
        await _world.CreateAsync(tasks);
        Assert.Equal(2, (await NextAsync(watch)).Events.Count);
    }

    [Fact]
    public async Task TestWatchMultipleActions_OnlyThoseAsked()
    {
        await using var watch = await BeginAsync(new WatchRequest { Entries = { EntryOf("service", Action.WatchActionCreate | Action.WatchActionRemove) } });
        var service = await _world.CreateServiceAsync();
        await _world.UpdateServiceAsync(service, s => s.Replicated.Replicas = 2);
        await _world.RemoveServiceAsync(service.Id);
        Assert.Equal(Action.WatchActionCreate, (await NextAsync(watch)).Events.Single().Action);
        Assert.Equal(Action.WatchActionRemove, (await NextAsync(watch)).Events.Single().Action);
    }

    [Fact]
    public async Task TestWatchIncludeOldObject_ShowsWhatWasBefore()
    {
        var service = await _world.CreateServiceAsync();
        await using var watch = await BeginAsync(new WatchRequest { IncludeOldObject = true, Entries = { EntryOf("service", Action.WatchActionUpdate) } });
        var updated = await _world.UpdateServiceAsync(service, s => s.Replicated.Replicas = 2);
        var change = (await NextAsync(watch)).Events.Single();
        Assert.Equal((updated, service), (change.Object.Service, change.OldObject.Service));
    }

    [Fact]
    public async Task TestWatchResumeFrom_ReplaysWhatCameAfter_ThenGoesOn()
    {
        var service = await _world.CreateServiceAsync();
        var second = await _world.CreateServiceAsync("second");
        await using var watch = await BeginAsync(new WatchRequest { ResumeFrom = service.Meta.Version, Entries = { EntryOf("service") } });
        Assert.Equal(second.Id, (await NextAsync(watch)).Events.Single().Object.Service.Id);
        var third = await _world.CreateServiceAsync("third");
        Assert.Equal(third.Id, (await NextAsync(watch)).Events.Single().Object.Service.Id);
    }

    [Fact]
    public async Task ResumeFromAVersionThatIsNotThere_IsRefused() => await InvalidAsync(
        "version 1000 is not reached yet",
        () => BeginAsync(new WatchRequest { ResumeFrom = new ObjectVersion { Index = 1000 }, Entries = { EntryOf("service") } }));

    [Theory]
    [InlineData("", All, "no kind of object specified")]
    [InlineData("service", Action.WatchActionUnknown, "unrecognized action")]
    [InlineData("service", (Action)8, "unrecognized action")]
    public async Task BadEntries_AreRefused(string kind, Action action, string message) =>
        await InvalidAsync(message, () => BeginAsync(new WatchRequest { Entries = { EntryOf(kind, action) } }));

    [Fact]
    public async Task FiltersOfOneSort_OrOfAnotherKind_AreRefused()
    {
        await InvalidAsync("conflicting filters specified", () => BeginAsync(new WatchRequest
        {
            Entries = { EntryOf("service", All, new SelectBy { Id = "a" }, new SelectBy { Id = "b" }) },
        }));
        await InvalidAsync("cannot be filtered by", () => BeginAsync(new WatchRequest { Entries = { EntryOf("service", All, new SelectBy { NodeId = "a" }) } }));
    }

    [Fact]
    public async Task Filters_MustAllHold_EntriesAreAlternatives()
    {
        var service = await _world.CreateServiceAsync();
        await using var watch = await BeginAsync(new WatchRequest
        {
            Entries =
            {
                EntryOf("task", All, new SelectBy { NodeId = "n1" }, new SelectBy { DesiredState = TaskState.Running }),
                EntryOf("task", All, new SelectBy { Slot = new SelectBySlot { ServiceId = service.Id, Slot = 9 } }),
                EntryOf("secret", All, new SelectBy { NamePrefix = "KE" }),
            },
        });
        await _world.CreateAsync(TaskOf(service, "no1", TaskState.Running, TaskState.Shutdown, "n1"));
        await _world.CreateAsync(TaskOf(service, "no2", TaskState.Running, nodeId: "n2"));
        await _world.CreateAsync(TaskOf(service, "yes1", TaskState.Running, nodeId: "n1"));
        await _world.CreateAsync(TaskOf(service, "yes2", TaskState.Running, slot: 9));
        await _world.CreateSecretAsync("other");
        var secret = await _world.CreateSecretAsync("key");
        Assert.Equal("yes1", (await NextAsync(watch)).Events.Single().Object.Task.Id);
        Assert.Equal("yes2", (await NextAsync(watch)).Events.Single().Object.Task.Id);
        Assert.Equal(secret.Id, (await NextAsync(watch)).Events.Single().Object.Secret.Id);
    }

    [Fact]
    public async Task CustomIndices_AndKindsOfResources_AreFound()
    {
        await _world.Extensions.CreateAsync(new Annotations { Name = "kind" }, "", Stop);
        await using var watch = await BeginAsync(new WatchRequest
        {
            Entries = { EntryOf("kind", All, new SelectBy { Custom = new SelectByCustom { Kind = "kind", Index = "i", Value = "v" } }) },
        });
        await _world.Resources.CreateAsync(new Annotations { Name = "no" }, "kind", null, Stop);
        var found = await _world.Resources.CreateAsync(
            new Annotations { Name = "yes", Indices = { new IndexEntry { Key = "i", Val = "v" } } }, "kind", null, Stop);
        Assert.Equal(found, (await NextAsync(watch)).Events.Single().Object.Resource);
    }

    [Fact]
    public async Task WithoutEntries_VersionsAloneAreTold()
    {
        await using var watch = await BeginAsync(new WatchRequest());
        var service = await _world.CreateServiceAsync();
        var message = await NextAsync(watch);
        Assert.Equal((service.Meta.Version, 0), (message.Version, message.Events.Count));
    }

    [Fact]
    public async Task Differences_SecretsAndKeys_AreNotShown()
    {
        await using var watch = await BeginAsync(new WatchRequest { IncludeOldObject = true, Entries = { EntryOf("secret"), EntryOf("cluster") } });
        var secret = await _world.CreateSecretAsync("key", "hidden");
        await _world.CreateAsync(new Cluster
        {
            Id = "c",
            Spec = new ClusterSpec { Annotations = new Annotations { Name = "default" } },
            RootCa = new RootCA { CaKey = Google.Protobuf.ByteString.CopyFromUtf8("hidden") },
        });
        var labelled = new SecretSpec { Annotations = new Annotations { Name = "key", Labels = { ["a"] = "b" } } };
        await _world.Secrets.UpdateAsync(secret.Id, secret.Meta.Version, labelled, Stop);
        var shown = new[] { await NextAsync(watch), await NextAsync(watch), await NextAsync(watch) };
        Assert.NotNull(shown[2].Events.Single().OldObject.Secret);
        Assert.All(shown, message => Assert.DoesNotContain("aGlkZGVu", message.ToString(), StringComparison.Ordinal));
    }

    private static Entry EntryOf(string kind, Action action = All, params SelectBy[] filters) => new() { Kind = kind, Action = action, Filters = { filters } };

    private async Task<IAsyncEnumerator<WatchMessage>> BeginAsync(WatchRequest request)
    {
        var watch = _world.Watches.WatchAsync(request, Stop).GetAsyncEnumerator(Stop);
        var live = await NextAsync(watch);
        Assert.Empty(live.Events);
        Assert.Equal(request.ResumeFrom?.Index ?? _world.Store.Current.Version, live.Version.Index);
        return watch;
    }

    private static async Task<WatchMessage> NextAsync(IAsyncEnumerator<WatchMessage> watch)
    {
        Assert.True(await watch.MoveNextAsync());
        return watch.Current;
    }
}
