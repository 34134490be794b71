using System.Net;
using Microsoft.Extensions.Time.Testing;
using Orleans;
using Orleans.Runtime;
using SwarmOrleans.Silo.Membership;
using SwarmOrleans.Store.Log;
using SwarmOrleans.Testing;

namespace SwarmOrleans.Tests.Silo.Membership;

/// <summary>What Orleans expects of a membership table.</summary>
public sealed class StoreMembershipTableTests : IAsyncLifetime
{
    private static readonly DateTime Start = new(2030, 1, 1, 12, 0, 0, DateTimeKind.Utc);

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(Start));
    private readonly TestStore _test;
    private readonly StoreMembershipTable _table;

    public StoreMembershipTableTests()
    {
        _test = TestStore.Create(_time);
        _table = new StoreMembershipTable(_test.Store);
    }

    public async ValueTask InitializeAsync() => await _table.InitializeMembershipTable(tryInitTableVersion: true);

    public ValueTask DisposeAsync() => _test.DisposeAsync();

    [Fact]
    public async Task EmptyTable_HasVersionZeroAndAnEtag()
    {
        await _table.InitializeMembershipTable(tryInitTableVersion: true);
        var data = await _table.ReadAll();
        Assert.Empty(data.Members);
        Assert.Equal(0, data.Version.Version);
        Assert.NotNull(data.Version.VersionEtag);
    }

    [Fact]
    public async Task InsertedRow_IsReadAsItWas()
    {
        var entry = Entry(1, SiloStatus.Active);
        entry.SuspectTimes = [Tuple.Create(Silo(2), Start.AddSeconds(1)), Tuple.Create(Silo(3), Start.AddSeconds(-1))];
        var before = await _table.ReadAll();

        Assert.True(await _table.InsertRow(entry, before.Version.Next()));

        var all = await _table.ReadAll();
        Assert.Equal(1, all.Version.Version);
        Assert.NotEqual(before.Version.VersionEtag, all.Version.VersionEtag);
        Assert.Equal(entry.ToFullString(), Assert.Single(all.Members).Item1.ToFullString());
        var row = await _table.ReadRow(entry.SiloAddress);
        Assert.Equal((entry.ToFullString(), all.Members[0].Item2), (row.Members[0].Item1.ToFullString(), row.Members[0].Item2));
        Assert.Empty((await _table.ReadRow(Silo(9))).Members);
    }

    [Fact]
    public async Task Insert_OfARowThatExists_OrUnderAnOldVersion_IsRefused()
    {
        var old = (await _table.ReadAll()).Version;
        Assert.True(await _table.InsertRow(Entry(1), old.Next()));
        Assert.False(await _table.InsertRow(Entry(2), old.Next()));
        var now = (await _table.ReadAll()).Version;
        Assert.False(await _table.InsertRow(Entry(1), now.Next()));
        Assert.Equal(now.Version, (await _table.ReadAll()).Version.Version);
        Assert.True(await _table.InsertRow(Entry(2), now.Next()));
    }

    [Fact]
    public async Task Update_UnderAnOldEtag_OrAnOldVersion_OrOfNoRow_IsRefused()
    {
        await _table.InsertRow(Entry(1), (await _table.ReadAll()).Version.Next());
        var read = await _table.ReadAll();
        var etag = read.Members[0].Item2;
        Assert.False(await _table.UpdateRow(Entry(2), etag, read.Version.Next()));

        Assert.True(await _table.UpdateRow(Entry(1, SiloStatus.Active), etag, read.Version.Next()));

        var after = await _table.ReadAll();
        Assert.Equal(SiloStatus.Active, after.Members[0].Item1.Status);
        Assert.Equal(read.Version.Version + 1, after.Version.Version);
        Assert.False(await _table.UpdateRow(Entry(1, SiloStatus.Dead), etag, after.Version.Next()));
        Assert.False(await _table.UpdateRow(Entry(1, SiloStatus.Dead), after.Members[0].Item2, read.Version.Next()));
        Assert.True(await _table.UpdateRow(Entry(1, SiloStatus.Dead), after.Members[0].Item2, after.Version.Next()));
    }

    [Fact]
    public async Task UpdateIAmAlive_TouchesNeitherEtagNorVersion()
    {
        await _table.InsertRow(Entry(1), (await _table.ReadAll()).Version.Next());
        var read = await _table.ReadAll();
        var alive = Entry(1, SiloStatus.Dead);
        alive.IAmAliveTime = Start.AddMinutes(5);

        await _table.UpdateIAmAlive(alive);

        var after = await _table.ReadAll();
        Assert.Equal((Start.AddMinutes(5), SiloStatus.Joining), (after.Members[0].Item1.IAmAliveTime, after.Members[0].Item1.Status));
        Assert.Equal((read.Members[0].Item2, read.Version.VersionEtag), (after.Members[0].Item2, after.Version.VersionEtag));
        Assert.True(await _table.UpdateRow(Entry(1, SiloStatus.Active), read.Members[0].Item2, read.Version.Next()));
        await _table.UpdateIAmAlive(Entry(7));
        Assert.Single((await _table.ReadAll()).Members);
    }

    [Fact]
    public async Task WritesAtOnce_OneOfThemWins_AndNoneIsLost()
    {
        var version = (await _table.ReadAll()).Version.Next();
        var inserts = await Task.WhenAll(Enumerable.Range(1, 20).Select(i => Task.Run(() => _table.InsertRow(Entry(i), version))));
        Assert.Single(inserts, won => won);
        var winner = (await _table.ReadAll()).Members[0].Item1;

        await Task.WhenAll(Enumerable.Range(0, 19).Select(_ => Task.Run(async () =>
        {
            bool done;
            do
            {
                var read = await _table.ReadAll();
                done = await _table.UpdateRow(winner, read.Members[0].Item2, read.Version.Next());
            }
            while (!done);
        })));

        Assert.Equal(20, (await _table.ReadAll()).Version.Version);
    }

    [Fact]
    public async Task Cleanup_RemovesOldRowsThatAreNotActive()
    {
        var statuses = new[] { SiloStatus.Created, SiloStatus.Joining, SiloStatus.Active, SiloStatus.ShuttingDown, SiloStatus.Stopping, SiloStatus.Dead };
        foreach (var (i, status) in statuses.Index())
        {
            Assert.True(await _table.InsertRow(Entry(i + 1, status), (await _table.ReadAll()).Version.Next()));
        }

        var fresh = Entry(9, SiloStatus.Dead);
        fresh.IAmAliveTime = Start.AddDays(2);
        await _table.InsertRow(fresh, (await _table.ReadAll()).Version.Next());

        await _table.CleanupDefunctSiloEntries(new DateTimeOffset(Start.AddDays(1)));
        Assert.Equal([3, 9], (await _table.ReadAll()).Members.Select(m => m.Item1.SiloAddress.Generation).Order());
        await _table.DeleteMembershipTableEntries("cluster1");
        Assert.Empty((await _table.ReadAll()).Members);
    }

    [Fact]
    public async Task NoLeader_ReadsAndWritesWaitForOne()
    {
        var version = (await _table.ReadAll()).Version;
        _test.Log.LoseLeadership();
        var (read, insert) = (_table.ReadAll(), _table.InsertRow(Entry(1), version.Next()));
        Assert.False(read.IsCompleted);
        Assert.False(insert.IsCompleted);

        _test.Log.Lead(2);

        Assert.True(await AdvanceUntilAsync(insert));
        Assert.True((await AdvanceUntilAsync(read)).Version.Version <= 1);
    }

    [Fact]
    public async Task NoLeaderForLong_ReadsAndWritesFail()
    {
        var version = (await _table.ReadAll()).Version;
        _test.Log.LoseLeadership();
        await Assert.ThrowsAsync<NotLeaderException>(() => AdvanceUntilAsync(_table.ReadAll()));
        await Assert.ThrowsAsync<OrleansException>(() => AdvanceUntilAsync(_table.InsertRow(Entry(1), version.Next())));
    }

    private static SiloAddress Silo(int number) => SiloAddress.New(new IPEndPoint(IPAddress.Loopback, 11000 + number), number);

    private static MembershipEntry Entry(int number, SiloStatus status = SiloStatus.Joining) => new()
    {
        SiloAddress = Silo(number),
        Status = status,
        HostName = "host",
        SiloName = $"m{number}",
        RoleName = "role",
        ProxyPort = 7,
        StartTime = Start,
        IAmAliveTime = Start,
        SuspectTimes = [],
    };

    private async Task<T> AdvanceUntilAsync<T>(Task<T> task)
    {
        while (!task.IsCompleted)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            _time.Advance(TimeSpan.FromMilliseconds(50));
            await Task.Yield();
        }

        return await task;
    }
}
