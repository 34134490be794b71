using System.Diagnostics;
using SwarmOrleans.Contracts;
using SwarmOrleans.Store;
using SwarmOrleans.Store.Log;

namespace SwarmOrleans.Tests.Silo.Raft;

public sealed class RaftGroupTests : IAsyncLifetime
{
    private readonly RaftGroup _group = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _group.DisposeAsync();

    [Fact]
    public async Task OneManager_CommitsAndKeepsItAcrossARestart()
    {
        var member = await _group.AddAsync("a", bootstrap: true);
        Assert.True((await RaftGroup.CommitAsync(member, "one")).IsCommitted);
        await _group.RemoveAsync(member);
        member = await _group.RestartAsync(member);
        var view = await member.Store.ReadAsync(Stop);
        Assert.NotNull(view.FindByName<Service>("one"));
        Assert.True((await RaftGroup.CommitAsync(member, "two")).IsCommitted);
    }

    [Fact]
    public async Task ThreeManagers_AnyOfThemCommits_AndReadsWhatOthersWrote()
    {
        var (a, b, c) = await _group.ThreeAsync();
        foreach (var (member, name) in new[] { (a, "one"), (b, "two"), (c, "three") })
        {
            Assert.True((await RaftGroup.CommitAsync(member, name)).IsCommitted);
            Assert.NotNull(member.Store.Current.FindByName<Service>(name));
        }

        foreach (var member in new[] { a, b, c })
        {
            Assert.Equal(3, (await member.Store.ReadAsync(Stop)).Count<Service>());
        }
    }

    [Fact]
    public async Task LeaderGone_AnotherTakesOver_AndNothingAcknowledgedIsMissing()
    {
        var (a, b, c) = await _group.ThreeAsync();
        for (var i = 0; i < 20; i++)
        {
            Assert.True((await RaftGroup.CommitAsync(b, $"before-{i}")).IsCommitted);
        }

        await _group.RemoveAsync(a);
        var watch = Stopwatch.StartNew();
        Assert.True((await RaftGroup.CommitAsync(c, "after")).IsCommitted);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(8), $"it took {watch.Elapsed}");
        Assert.Equal(21, (await b.Store.ReadAsync(Stop)).Count<Service>());
    }

    [Fact]
    public async Task NewManager_CatchesUpFromASnapshot_WhileWritesGoOn()
    {
        var a = await _group.AddAsync("a", bootstrap: true, snapshotBytes: 64 << 10);
        for (var i = 0; i < 40; i++)
        {
            await a.Store.CommitAllAsync([.. Enumerable.Range(0, 50).Select(n => new StoreTransaction().Create(RaftGroup.ServiceNamed($"s-{i}-{n}")))], Stop);
        }

        using var writing = new CancellationTokenSource();
        var writer = WriteAsync(a, writing.Token);
        var b = await _group.AddAsync("b", bootstrap: false, snapshotBytes: 64 << 10);
        await _group.JoinAsync(b);
        await writing.CancelAsync();
        var written = await writer;
        Assert.Equal(2000 + written, (await b.Store.ReadAsync(Stop)).Count<Service>());
        Assert.NotEmpty(Directory.GetFiles(Path.Combine(b.Directory, "snapshots"), "*.snap"));
    }

    [Fact]
    public async Task FlippedByteInTheLog_IsFoundAtStart()
    {
        var member = await _group.AddAsync("a", bootstrap: true);
        for (var i = 0; i < 20; i++)
        {
            await RaftGroup.CommitAsync(member, $"s{i}");
        }

        await _group.RemoveAsync(member);
        var file = Directory.GetFiles(Path.Combine(member.Directory, "journal")).Order().First();
        await using (var stream = new FileStream(file, FileMode.Open))
        {
            stream.Seek(200, SeekOrigin.Begin);
            var value = stream.ReadByte();
            stream.Seek(200, SeekOrigin.Begin);
            stream.WriteByte((byte)(value ^ 1));
        }

        var e = await Assert.ThrowsAsync<LogCorruptException>(() => _group.RestartAsync(member));
        Assert.Equal(file, e.File);
        Assert.InRange(e.Offset, 0, 200);
    }

    [Theory]
    [InlineData("journal/0000000001.journal")]
    [InlineData("log/state")]
    public async Task LostFile_IsFoundAtStart(string name)
    {
        var (a, b, c) = await _group.ThreeAsync();
        await _group.RemoveAsync(a);
        Assert.True((await RaftGroup.CommitAsync(c, "in a later term")).IsCommitted);
        await b.Store.ReadAsync(Stop);
        await _group.RemoveAsync(b);
        File.Delete(Path.Combine(b.Directory, name));
        var e = await Assert.ThrowsAsync<LogCorruptException>(() => _group.RestartAsync(b));
        Assert.Contains(Path.GetDirectoryName(name)!, e.File, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SurvivorForcedToGoOnAlone_HasEverything_AndTakesNewMembers()
    {
        var (a, b, c) = await _group.ThreeAsync();
        Assert.True((await RaftGroup.CommitAsync(b, "before")).IsCommitted);
        await a.Store.ReadAsync(Stop);
        await _group.RemoveAsync(b);
        await _group.RemoveAsync(c);
        await _group.RemoveAsync(a);
        a = await _group.RestartAsync(a, forceNewGroup: true);
        Assert.True((await RaftGroup.CommitAsync(a, "after")).IsCommitted);
        Assert.NotNull(a.Store.Current.FindByName<Service>("before"));
        Assert.Single(a.Log.Members);

        var d = await _group.AddAsync("d", bootstrap: false);
        await a.Log.AddMemberAsync(new LogMember(d.Address.ToString()), Stop);
        Assert.NotNull((await d.Store.ReadAsync(Stop)).FindByName<Service>("after"));
    }

    [Fact]
    public async Task RemovedManager_IsNoMemberAnyMore()
    {
        var (a, b, c) = await _group.ThreeAsync();
        await a.Log.RemoveMemberAsync(c.Address.ToString(), Stop);
        Assert.Equal(2, a.Log.Members.Count);
        await _group.RemoveAsync(c);
        Assert.True((await RaftGroup.CommitAsync(b, "after")).IsCommitted);
    }

    private static async Task<int> WriteAsync(RaftMember member, CancellationToken cancellationToken)
    {
        var written = 0;
        while (!cancellationToken.IsCancellationRequested)
        {
            Assert.True((await RaftGroup.CommitAsync(member, $"w{written}")).IsCommitted);
            written++;
        }

        return written;
    }
}
