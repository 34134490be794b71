using Microsoft.Extensions.Logging.Abstractions;
using SwarmOrleans.Contracts;
using SwarmOrleans.Control;
using SwarmOrleans.Silo.Loops;
using SwarmOrleans.Silo.Reconciling;
using SwarmOrleans.Store;
using SwarmOrleans.Testing;

namespace SwarmOrleans.Tests.Unit.Reconciling;

/// <summary>What services held is free when they are gone, and not before (section 21): reconciler, reaper and use cases on one store.</summary>
public sealed class DeallocatorTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AT_DEA_1_Start_RemovesWhatWasLeft_AndKeepsWhatIsUsedOrNotToGo()
    {
        await using var test = TestStore.Create();
        await test.CreateAsync(
            Node(), NetworkOf("unused", isLeaving: true), NetworkOf("used", isLeaving: true), NetworkOf("stays"),
            ServiceOf("empty", isLeaving: true), ServiceOf("busy", isLeaving: true, "used"), TaskOf("busy", 1, "used"), TaskOf("", 1, "attached"),
            NetworkOf("attached", isLeaving: true));
        await using var swarm = new Running(test);
        await swarm.UntilAsync(v => v.Find<Service>("empty") is null && v.Find<Network>("unused") is null);
        await swarm.UntilAsync(v => v.Tasks.OfService("busy").All(t => t.DesiredState == TaskState.Remove));
        Assert.NotNull(test.Store.Current.Find<Service>("busy"));
        Assert.Equal(["attached", "stays", "used"], Networks(test));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(10)]
    public async Task AT_DEA_2_Service_IsGoneOnlyAfterItsLastTask(int tasks)
    {
        await using var test = TestStore.Create();
        await test.CreateAsync([Node(), ServiceOf("web", replicas: tasks), .. Enumerable.Range(1, tasks).Select(i => TaskOf("web", i))]);
        await using var swarm = new Running(test);
        await new Services(test.Store, new RandomIdSource(new Random(1)), TimeProvider.System).RemoveAsync("web", Token);
        for (var i = 1; i <= tasks; i++)
        {
            await swarm.UntilAsync(v => v.Find<SwarmTask>($"web.{i}")!.DesiredState == TaskState.Remove);
            Assert.NotNull(test.Store.Current.Find<Service>("web"));
            await swarm.StopAsync($"web.{i}");
        }

        await swarm.UntilAsync(v => v.Find<Service>("web") is null);
        Assert.Empty(test.Store.Current.Tasks.OfService("web"));
    }

    [Fact]
    public async Task AT_DEA_3_Network_GoesWithTheLastServiceThatUsedIt_OthersStay()
    {
        await using var test = TestStore.Create();
        await test.CreateAsync(
            Node(), NetworkOf("net"), NetworkOf("other"), ServiceOf("one", false, "net", "other"), ServiceOf("two", false, "net"), TaskOf("one", 1, "net"),
            TaskOf("two", 1, "net"));
        await using var swarm = new Running(test);
        var ids = new RandomIdSource(new Random(1));
        var (services, networks) = (new Services(test.Store, ids, TimeProvider.System), new Networks(test.Store, ids));
        await services.RemoveAsync("one", Token);
        Assert.Contains("in use by service two", (await Assert.ThrowsAsync<UseCaseException>(() => networks.RemoveAsync("net", Token))).Message, StringComparison.Ordinal);
        await services.RemoveAsync("two", Token);
        await networks.RemoveAsync("net", Token);
        await networks.RemoveAsync("net", Token);
        Assert.True(test.Store.Current.Find<Network>("net")!.PendingDelete);
        var refused = await Assert.ThrowsAsync<UseCaseException>(() => services.CreateAsync(SpecOf("three", 1, "net"), Token));
        Assert.Contains("network net is being removed", refused.Message, StringComparison.Ordinal);

        await swarm.StopAsync("one.1");
        await swarm.UntilAsync(v => v.Find<Service>("one") is null);
        Assert.Equal(["net", "other"], Networks(test));
        await swarm.StopAsync("two.1");
        await swarm.UntilAsync(v => v.Find<Service>("two") is null && v.Find<Network>("net") is null);
        Assert.Equal(["other"], Networks(test));
    }

    [Fact]
    public async Task AT_DEA_4_WhatIsNotToGo_IsNotWritten()
    {
        await using var test = TestStore.Create();
        await test.CreateAsync(NetworkOf("net"), NetworkOf("leaving", isLeaving: true), ServiceOf("web", false, "net", "leaving"));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var loop = new NetworkReaperLoop(test.Store).RunAsync(test.Store.Leadership.Term, stop.Token);
        var view = await test.CreateAsync(NetworkOf("gone", isLeaving: true));
        await foreach (var batch in test.Store.WatchAsync(view.Version, Token))
        {
            Assert.Equal(("gone", true), (Assert.Single(batch.Changes).Id, batch.Changes[0].New is null));
            break;
        }

        Assert.Equal((view.Version + 1, "leaving,net"), (test.Store.Current.Version, string.Join(',', Networks(test))));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => loop);
    }

    [Fact]
    public async Task AT_DEA_5_NetworksThatOldClientsNameInTheServiceItself_Count()
    {
        await using var test = TestStore.Create();
        var old = ServiceOf("old");
#pragma warning disable CS0612 // Old clients still name networks here.
        old.Spec.Networks.Add(new NetworkAttachmentConfig { Target = "net" });
#pragma warning restore CS0612
        await test.CreateAsync(Node(), NetworkOf("net"), old, TaskOf("old", 1));
        await using var swarm = new Running(test);
        var ids = new RandomIdSource(new Random(1));
        var (services, networks) = (new Services(test.Store, ids, TimeProvider.System), new Networks(test.Store, ids));
        await Assert.ThrowsAsync<UseCaseException>(() => networks.RemoveAsync("net", Token));
        await services.RemoveAsync("old", Token);
        await networks.RemoveAsync("net", Token);
        Assert.Equal(["net"], Networks(test));
        await swarm.StopAsync("old.1");
        await swarm.UntilAsync(v => v.Find<Service>("old") is null && v.Find<Network>("net") is null);
    }

    private static IEnumerable<string> Networks(TestStore test) => test.Store.Current.All<Network>().Select(n => n.Id).Order(StringComparer.Ordinal);

    private static Node Node() => new() { Id = "n1", Spec = new NodeSpec(), Status = new NodeStatus { State = NodeStatus.Types.State.Ready } };

    private static Network NetworkOf(string id, bool isLeaving = false) =>
        new() { Id = id, PendingDelete = isLeaving, Spec = new NetworkSpec { Annotations = new Annotations { Name = id } } };

    private static Service ServiceOf(string id, bool isLeaving = false, params string[] networks) =>
        new() { Id = id, PendingDelete = isLeaving, SpecVersion = new ObjectVersion(), Spec = SpecOf(id, 1, networks) };

    private static Service ServiceOf(string id, int replicas) => new() { Id = id, SpecVersion = new ObjectVersion(), Spec = SpecOf(id, replicas) };

    private static ServiceSpec SpecOf(string name, int replicas, params string[] networks)
    {
        var spec = new ServiceSpec
        {
            Annotations = new Annotations { Name = name },
            Replicated = new ReplicatedService { Replicas = (ulong)replicas },
            Task = new TaskSpec { Container = new ContainerSpec { Image = "x" } },
        };
        spec.Task.Networks.AddRange(networks.Select(n => new NetworkAttachmentConfig { Target = n }));
        return spec;
    }

    private static SwarmTask TaskOf(string service, int slot, params string[] networks)
    {
        var task = new SwarmTask
        {
            Id = $"{service}.{slot}",
            ServiceId = service,
            Slot = (ulong)slot,
            NodeId = "n1",
            Spec = new TaskSpec { Container = new ContainerSpec { Image = "x" } },
            SpecVersion = new ObjectVersion(),
            DesiredState = TaskState.Running,
            Status = new SwarmTaskStatus { State = TaskState.Running },
        };
        task.Networks.AddRange(networks.Select(n => new NetworkAttachment { Network = new Network { Id = n } }));
        return task;
    }

    /// <summary>All services' reconcilers and the network reaper at work.</summary>
    private sealed class Running : IAsyncDisposable, IOwnership
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly TestStore _test;
        private readonly Task _work;

        public Running(TestStore test)
        {
            _test = test;
            var runner = new ServiceRunner(test.Store, new RandomIdSource(new Random(2)), TimeProvider.System);
            var waker = new Waker(test.Store, this, Reconcile, TimeProvider.System, NullLogger<Waker>.Instance);
            _work = Task.WhenAll(waker.RunAsync(_stop.Token), new NetworkReaperLoop(test.Store).RunAsync(test.Store.Leadership.Term, _stop.Token));

            Task<ReconcileResult> Reconcile(string key, CancellationToken cancellationToken) => runner.ReconcileAsync(key, cancellationToken);
        }

        public bool IsOwner(StoreView view, string key) => !key.StartsWith(Waker.NodePrefix, StringComparison.Ordinal);

        public async Task UntilAsync(Func<StoreView, bool> condition)
        {
            var view = _test.Store.Current;
            if (condition(view))
            {
                return;
            }

            using var patience = CancellationTokenSource.CreateLinkedTokenSource(Token);
            patience.CancelAfter(TimeSpan.FromSeconds(10));
            await foreach (var batch in _test.Store.WatchAsync(view.Version, patience.Token))
            {
                if (condition(batch.View))
                {
                    return;
                }
            }
        }

        /// <summary>The task's agent has stopped it.</summary>
        public async Task StopAsync(string id)
        {
            while (true)
            {
                var task = _test.Store.Current.Find<SwarmTask>(id)!.Clone();
                task.Status.State = TaskState.Shutdown;
                if ((await _test.Store.CommitAsync(new StoreTransaction().Update(task), Token)).IsCommitted)
                {
                    return;
                }
            }
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _work);
            _stop.Dispose();
        }
    }
}
