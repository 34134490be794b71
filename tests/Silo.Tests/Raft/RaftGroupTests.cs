using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using SwarmOrleans.Contracts;
using SwarmOrleans.Security;
using SwarmOrleans.Store;
using SwarmOrleans.Store.Log;

namespace SwarmOrleans.Tests.Silo.Raft;

public sealed class RaftGroupTests : IAsyncLifetime
{
    private readonly string _directory = Path.Combine(Path.GetTempPath(), "raft-" + Guid.NewGuid().ToString("N"));
    private readonly RootCa _root = RootCa.Create(TimeProvider.System.GetUtcNow());
    private readonly Keyring _keyring = Keyring.Generate();
    private readonly List<RaftMember> _members = [];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        foreach (var member in _members)
        {
            await member.DisposeAsync();
        }

        _root.Dispose();
        if (Directory.Exists(_directory))
        {
            Directory.Delete(_directory, recursive: true);
        }
    }

    [Fact]
    public async Task OneManager_CommitsAndKeepsItAcrossARestart()
    {
        var member = await AddAsync("a", bootstrap: true);
        Assert.True((await CommitAsync(member, "one")).IsCommitted);
        var (address, directory) = (member.Address, member.Directory);
        await RemoveAsync(member);
        member = await RaftMember.StartAsync("a", address, directory, false, _root, _keyring);
        _members.Add(member);
        var view = await member.Store.ReadAsync(Stop);
        Assert.NotNull(view.FindByName<Service>("one"));
        Assert.True((await CommitAsync(member, "two")).IsCommitted);
    }

    [Fact]
    public async Task ThreeManagers_AnyOfThemCommits_AndReadsWhatOthersWrote()
    {
        var (a, b, c) = await ThreeAsync();
        foreach (var (member, name) in new[] { (a, "one"), (b, "two"), (c, "three") })
        {
            Assert.True((await CommitAsync(member, name)).IsCommitted);
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
        var (a, b, c) = await ThreeAsync();
        for (var i = 0; i < 20; i++)
        {
            Assert.True((await CommitAsync(b, $"before-{i}")).IsCommitted);
        }

        await RemoveAsync(a);
        var watch = Stopwatch.StartNew();
        Assert.True((await CommitAsync(c, "after")).IsCommitted);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(8), $"it took {watch.Elapsed}");
        Assert.Equal(21, (await b.Store.ReadAsync(Stop)).Count<Service>());
    }

    [Fact]
    public async Task NewManager_CatchesUpFromASnapshot_WhileWritesGoOn()
    {
        var a = await AddAsync("a", bootstrap: true, snapshotBytes: 64 << 10);
        for (var i = 0; i < 40; i++)
        {
            await a.Store.CommitAllAsync([.. Enumerable.Range(0, 50).Select(n => new StoreTransaction().Create(ServiceNamed($"s-{i}-{n}")))], Stop);
        }

        using var writing = new CancellationTokenSource();
        var writer = WriteAsync(a, writing.Token);
        var b = await AddAsync("b", bootstrap: false, snapshotBytes: 64 << 10);
        await a.Log.AddMemberAsync(new LogMember(b.Address.ToString()), Stop);
        await writing.CancelAsync();
        var written = await writer;
        Assert.Equal(2000 + written, (await b.Store.ReadAsync(Stop)).Count<Service>());
        Assert.NotEmpty(Directory.GetFiles(Path.Combine(b.Directory, "snapshots"), "*.snap"));
    }

    [Fact]
    public async Task FlippedByteInTheLog_IsFoundAtStart()
    {
        var member = await AddAsync("a", bootstrap: true);
        for (var i = 0; i < 20; i++)
        {
            await CommitAsync(member, $"s{i}");
        }

        var (address, directory) = (member.Address, member.Directory);
        await RemoveAsync(member);
        var file = Directory.GetFiles(Path.Combine(directory, "journal")).Order().First();
        await using (var stream = new FileStream(file, FileMode.Open))
        {
            stream.Seek(200, SeekOrigin.Begin);
            var value = stream.ReadByte();
            stream.Seek(200, SeekOrigin.Begin);
            stream.WriteByte((byte)(value ^ 1));
        }

        var e = await Assert.ThrowsAsync<LogCorruptException>(() => RaftMember.StartAsync("a", address, directory, false, _root, _keyring));
        Assert.Equal(file, e.File);
        Assert.InRange(e.Offset, 0, 200);
    }

    [Theory]
    [InlineData("journal/0000000001.journal")]
    [InlineData("log/state")]
    public async Task LostFile_IsFoundAtStart(string name)
    {
        var (a, b, c) = await ThreeAsync();
        await RemoveAsync(a);
        Assert.True((await CommitAsync(c, "in a later term")).IsCommitted);
        await b.Store.ReadAsync(Stop);
        await RemoveAsync(b);
        File.Delete(Path.Combine(b.Directory, name));
        var e = await Assert.ThrowsAsync<LogCorruptException>(() => RaftMember.StartAsync("b", b.Address, b.Directory, false, _root, _keyring));
        Assert.Contains(Path.GetDirectoryName(name)!, e.File, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SurvivorForcedToGoOnAlone_HasEverything_AndTakesNewMembers()
    {
        var (a, b, c) = await ThreeAsync();
        Assert.True((await CommitAsync(b, "before")).IsCommitted);
        await a.Store.ReadAsync(Stop);
        await RemoveAsync(b);
        await RemoveAsync(c);
        await RemoveAsync(a);
        a = await RaftMember.StartAsync("a", a.Address, a.Directory, false, _root, _keyring, forceNewGroup: true);
        _members.Add(a);
        Assert.True((await CommitAsync(a, "after")).IsCommitted);
        Assert.NotNull(a.Store.Current.FindByName<Service>("before"));
        Assert.Single(a.Log.Members);

        var d = await AddAsync("d", bootstrap: false);
        await a.Log.AddMemberAsync(new LogMember(d.Address.ToString()), Stop);
        Assert.NotNull((await d.Store.ReadAsync(Stop)).FindByName<Service>("after"));
    }

    [Fact]
    public async Task RemovedManager_IsNoMemberAnyMore()
    {
        var (a, b, c) = await ThreeAsync();
        await a.Log.RemoveMemberAsync(c.Address.ToString(), Stop);
        Assert.Equal(2, a.Log.Members.Count);
        await RemoveAsync(c);
        Assert.True((await CommitAsync(b, "after")).IsCommitted);
    }

    private static Service ServiceNamed(string name) =>
        new() { Id = RandomIdSource.Secure.NewId(), Spec = new ServiceSpec { Annotations = new Annotations { Name = name } } };

    private static ValueTask<CommitResult> CommitAsync(RaftMember member, string name) =>
        member.Store.CommitAsync(new StoreTransaction().Create(ServiceNamed(name)), Stop);

    private static async Task<int> WriteAsync(RaftMember member, CancellationToken cancellationToken)
    {
        var written = 0;
        while (!cancellationToken.IsCancellationRequested)
        {
            Assert.True((await CommitAsync(member, $"w{written}")).IsCommitted);
            written++;
        }

        return written;
    }

    private async Task<(RaftMember A, RaftMember B, RaftMember C)> ThreeAsync()
    {
        var a = await AddAsync("a", bootstrap: true);
        Assert.True((await CommitAsync(a, "first")).IsCommitted);
        var b = await AddAsync("b", bootstrap: false);
        await a.Log.AddMemberAsync(new LogMember(b.Address.ToString()), Stop);
        var c = await AddAsync("c", bootstrap: false);
        await a.Log.AddMemberAsync(new LogMember(c.Address.ToString()), Stop);
        Assert.True((await a.Store.CommitAsync(new StoreTransaction().Remove(a.Store.Current.FindByName<Service>("first")!), Stop)).IsCommitted);
        return (a, b, c);
    }

    private async Task<RaftMember> AddAsync(string id, bool bootstrap, long snapshotBytes = 16 << 20)
    {
        var member = await RaftMember.StartAsync(id, FreeAddress(), Path.Combine(_directory, id), bootstrap, _root, _keyring, snapshotBytes);
        _members.Add(member);
        return member;
    }

    private async Task RemoveAsync(RaftMember member)
    {
        _members.Remove(member);
        await member.DisposeAsync();
    }

    private static IPEndPoint FreeAddress()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return (IPEndPoint)socket.LocalEndPoint!;
    }
}
