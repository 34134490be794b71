using Orleans.Runtime;
using SwarmOrleans.Contracts;
using SwarmOrleans.Silo.Grains;
using SwarmOrleans.Silo.Membership;
using SwarmOrleans.Store;

namespace SwarmOrleans.Tests.Silo.Managers;

public sealed class SiloHostTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task SiloOfAServiceCrashed_AnotherGoesOnWithTheService()
    {
        await using var managers = new TestManagers();
        var (a, b, c) = (await managers.AddAsync("m1"), await managers.AddAsync("m2"), await managers.AddAsync("m3"));
        await Task.WhenAll(a.StartSiloAsync(), b.StartSiloAsync(), c.StartSiloAsync());
        string[] all = ["m1", "m2", "m3"];
        var id = Enumerable.Range(0, 100).Select(i => $"s{i}").First(i => RendezvousOwnership.OwnerOf(all, i) == "m3");
        await a.Store.CommitAsync(new StoreTransaction().Create(Samples.NewService(id, replicas: 2)), Stop);
        var before = (await a.Store.WaitForAsync(v => v.Tasks.OfService(id).Count == 2)).Tasks.OfService(id);

        await c.CrashAsync();
        await a.Store.ChangeAsync<Service>(id, s => s.Spec.Replicated.Replicas = 4);

        var after = (await a.Store.WaitForAsync(v => v.Tasks.OfService(id).Count == 4)).Tasks.OfService(id);
        Assert.Equal<ulong>([1, 2, 3, 4], after.Select(t => t.Slot).Order());
        Assert.Subset(after.Select(t => t.Id).ToHashSet(), before.Select(t => t.Id).ToHashSet());
        Assert.Equal((int)SiloStatus.Dead, Assert.Single(a.Store.Current.All<SiloMember>(), s => s.SiloName == "m3").Status);
    }

    [Fact]
    public async Task SiloStoppedWithoutALeader_DoesNotTryForMinutesToSayGoodbye()
    {
        await using var managers = new TestManagers();
        var manager = await managers.AddAsync("m1");
        await manager.StartSiloAsync();
        managers.Log.Lead(null);
        await manager.StopSiloAsync();
        Assert.Null(manager.Silo.Grains);
    }

    [Fact]
    public async Task SiloDeclaredDead_IsBuiltAnewInTheSameProcess()
    {
        await using var managers = new TestManagers();
        var manager = await managers.AddAsync("m1");
        await manager.StartSiloAsync();
        var old = TestManager.ActiveSilo(manager.Store.Current, "m1")!;

        await DeclareDeadAsync(new StoreMembershipTable(manager.Store), SiloAddress.FromParsableString(old.Id));

        await manager.Store.WaitForAsync(v => TestManager.ActiveSilo(v, "m1") is { } silo && silo.Id != old.Id);
        await manager.Store.CommitAsync(new StoreTransaction().Create(Samples.NewService("web")), Stop);
        await manager.Store.WaitForAsync(v => v.Tasks.OfService("web").Count == 1);
    }

    [Fact]
    public async Task ManagerGrain_IsOnTheNamedSiloAndOnNoOther()
    {
        await using var managers = new TestManagers();
        var (a, b) = (await managers.AddAsync("m1"), await managers.AddAsync("m2"));
        await a.StartSiloAsync();
        await b.StartSiloAsync();

        foreach (var asker in new[] { a, b })
        {
            Assert.True((await asker.Grains.GetGrain<IManagerGrain>("m1").ReportAsync()).IsLeader);
            Assert.False((await asker.Grains.GetGrain<IManagerGrain>("m2").ReportAsync()).IsLeader);
        }

        await b.StopSiloAsync();
        await Assert.ThrowsAsync<SiloUnavailableException>(() => a.Grains.GetGrain<IManagerGrain>("m2").ReportAsync());
        await Assert.ThrowsAsync<SiloUnavailableException>(() => a.Grains.GetGrain<IManagerGrain>("m3").ReportAsync());
        Assert.True((await a.Grains.GetGrain<IManagerGrain>("m1").ReportAsync()).IsLeader);
    }

    // As another silo does that cannot reach it.
    private static async Task DeclareDeadAsync(StoreMembershipTable table, SiloAddress silo)
    {
        bool done;
        do
        {
            var read = await table.ReadRow(silo);
            var (entry, etag) = read.Members[0];
            entry.Status = SiloStatus.Dead;
            done = await table.UpdateRow(entry, etag, read.Version.Next());
        }
        while (!done);
    }
}
