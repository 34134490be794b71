using SwarmOrleans.Contracts;
using SwarmOrleans.Store;
using SwarmOrleans.Store.Log;

namespace SwarmOrleans.Tests.Silo.Raft;

/// <summary>What must hold when a leader is cut off, or no leader is left.</summary>
public sealed class PartitionTests : IAsyncLifetime
{
    private readonly RaftGroup _group = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _group.DisposeAsync();

    [Fact]
    public async Task CommandsOfALeaderThatWasCutOff_GetTheirOwnOutcome_AndNoneOfTheNewLeaders()
    {
        var (a, b, c) = await _group.ThreeAsync();
        _group.Network.CutOff(a);
        var old = Enumerable.Range(0, 5).Select(i => RaftGroup.CommitAsync(a, $"old-{i}").AsTask()).ToList();

        // The new leader's entries take the places that the old one's had in its log.
        for (var i = 0; i < 5; i++)
        {
            Assert.True((await RaftGroup.CommitAsync(b, $"new-{i}")).IsCommitted);
        }

        Assert.All(old, o => Assert.False(o.IsCompleted));
        _group.Network.Rejoin(a);

        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(CommitOutcome.Committed, (await old[i]).Outcome);
            Assert.NotNull(a.Store.Current.FindByName<Service>($"old-{i}"));
        }

        Assert.Equal(10, (await c.Store.ReadAsync(Stop)).Count<Service>());
    }

    [Fact]
    public async Task Append_UnderATermThatIsNotLed_IsRefused()
    {
        var a = await _group.AddAsync("a", bootstrap: true);
        Assert.True((await RaftGroup.CommitAsync(a, "web")).IsCommitted);
        var (term, applied) = (a.Log.Leadership.Term, a.Log.LastAppliedIndex);
        foreach (var wrong in new[] { term - 1, term + 1 })
        {
            await Assert.ThrowsAsync<NotLeaderException>(async () => await a.Log.AppendAsync(wrong, new byte[1], Stop));
        }

        Assert.True((await RaftGroup.CommitAsync(a, "after")).IsCommitted);
        Assert.Equal(applied + 1, a.Log.LastAppliedIndex);
    }

    [Fact]
    public async Task ReadOfALeaderWithoutQuorum_Fails()
    {
        var (a, _, _) = await _group.ThreeAsync();
        Assert.True(await a.Log.ReadIndexAsync(Stop) > 0);
        _group.Network.CutOff(a);
        Assert.True(a.Log.Leadership.IsLeader);
        await Assert.ThrowsAsync<NotLeaderException>(() => a.Log.ReadIndexAsync(Stop));
    }

    [Fact]
    public async Task ReadOfAFollower_GoesThroughTheLeadersBarrier()
    {
        var (a, b, _) = await _group.ThreeAsync();
        Assert.True((await RaftGroup.CommitAsync(a, "web")).IsCommitted);
        Assert.NotNull((await b.Store.ReadAsync(Stop)).FindByName<Service>("web"));
        Assert.True(_group.Network.Calls.GetValueOrDefault((b.Address, "ReadIndex")) > 0);
        await a.Store.ReadAsync(Stop);
        Assert.Equal(0, _group.Network.Calls.GetValueOrDefault((a.Address, "ReadIndex")));
    }

    [Fact]
    public async Task AcknowledgedWrite_IsOnTheDiskOfTheOnlyFollowerLeft()
    {
        var (a, b, c) = await _group.ThreeAsync();
        await _group.RemoveAsync(c);
        for (var i = 0; i < 10; i++)
        {
            Assert.True((await RaftGroup.CommitAsync(a, $"s{i}")).IsCommitted);
            Assert.True(Engine.JournalCopy.Read(b.JournalDirectory)[^1].Index >= a.Log.LastAppliedIndex);
        }
    }
}
