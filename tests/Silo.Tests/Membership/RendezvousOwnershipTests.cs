using Orleans.Runtime;
using SwarmOrleans.Contracts;
using SwarmOrleans.Silo.Membership;
using SwarmOrleans.Store;
using SwarmOrleans.Testing;

namespace SwarmOrleans.Tests.Silo.Membership;

public sealed class RendezvousOwnershipTests
{
    private static readonly string[] Keys = [.. Enumerable.Range(0, 3000).Select(i => $"service-{i}")];

    [Fact]
    public async Task SiloComesOrGoes_OnlyItsKeysMove()
    {
        await using var test = TestStore.Create();
        var three = await test.CreateAsync(Silo("a"), Silo("b"), Silo("c"));
        var two = await test.Store.ChangeAsync<SiloMember>("c", s => s.Status = (int)SiloStatus.Dead);
        var others = await test.CreateAsync(Silo("d"));

        var (owners, withoutC, withD) = (Owners(three), Owners(two), Owners(others));
        Assert.All(Keys, key => Assert.True(owners[key] == "c" || withoutC[key] == owners[key], key));
        Assert.All(Keys, key => Assert.True(withD[key] == "d" || withD[key] == withoutC[key], key));
        foreach (var (who, count) in owners.Values.CountBy(m => m).Concat(withD.Values.CountBy(m => m)))
        {
            Assert.True(count is > 800 and < 1200, $"{who} owns {count} of {Keys.Length} keys");
        }
    }

    [Fact]
    public async Task SiloThatIsNotActive_OwnsNothing()
    {
        await using var test = TestStore.Create();
        var view = await test.CreateAsync(Silo("a", SiloStatus.Joining), Silo("b", SiloStatus.ShuttingDown), Silo("c", SiloStatus.Dead));
        Assert.DoesNotContain(new[] { "a", "b", "c" }, m => Keys.Any(k => new RendezvousOwnership(m).IsOwner(view, k)));
    }

    [Fact]
    public async Task AskedFromSeveralThreadsAboutDifferentViews_AnswersForTheViewThatIsMeant()
    {
        await using var test = TestStore.Create();
        var with = await test.CreateAsync(Silo("a"), Silo("b"));
        var alone = await test.Store.ChangeAsync<SiloMember>("b", s => s.Status = (int)SiloStatus.Dead);
        var foreign = Keys.First(k => RendezvousOwnership.OwnerOf(["a", "b"], k) == "b");
        var ownership = new RendezvousOwnership("a");
        var wrong = 0;

        Parallel.For(0, 4, thread =>
        {
            for (var i = 0; i < 200_000; i++)
            {
                var isAlone = (i + thread) % 2 == 0;
                if (ownership.IsOwner(isAlone ? alone : with, foreign) != isAlone)
                {
                    Interlocked.Increment(ref wrong);
                }
            }
        });

        Assert.Equal(0, wrong);
    }

    private static SiloMember Silo(string managerId, SiloStatus status = SiloStatus.Active) => new() { Id = managerId, SiloName = managerId, Status = (int)status };

    // Exactly one manager takes a key as its own.
    private static Dictionary<string, string> Owners(StoreView view)
    {
        var managers = new[] { "a", "b", "c", "d" }.Select(m => (Id: m, Ownership: new RendezvousOwnership(m))).ToList();
        return Keys.ToDictionary(k => k, k => Assert.Single(managers, m => m.Ownership.IsOwner(view, k)).Id);
    }
}
