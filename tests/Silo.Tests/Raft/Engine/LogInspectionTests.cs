using DotNext.Net.Cluster.Consensus.Raft;
using SwarmOrleans.Raft;
using SwarmOrleans.Raft.Engine;
using SwarmOrleans.Store.Log;

namespace SwarmOrleans.Tests.Silo.Raft.Engine;

public sealed class LogInspectionTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly string _log;
    private readonly string _guardFile;

    public LogInspectionTests()
    {
        _log = _directory.Sub("log");
        _guardFile = Path.Combine(_directory.Path, "guard");
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task StaleTailOfAnOlderTerm_IsCut()
    {
        await LogFiles.WriteAsync(_log, committed: 2, 1, 1, 3, 3, 2, 2);
        await InspectAsync();
        Assert.Equal((4, 2), (LogFiles.LastIndexOnDisk(_log), LogFiles.CommitOnDisk(_log)));
        await using var wal = LogFiles.Open(_log);
        await wal.InitializeAsync(Stop);
        Assert.Equal(4, wal.LastEntryIndex);
        Assert.Equal(5, await wal.AppendAsync(LogFiles.Entry(4), Stop));
    }

    [Fact]
    public async Task SoundLog_IsLeftAsItIs()
    {
        await LogFiles.WriteAsync(_log, committed: 2, 1, 1, 3, 3, 4);
        await InspectAsync();
        Assert.Equal((5, 2), (LogFiles.LastIndexOnDisk(_log), LogFiles.CommitOnDisk(_log)));
    }

    [Fact]
    public async Task TermsThatGoBackBelowTheCommit_AreCorruption()
    {
        await LogFiles.WriteAsync(_log, committed: 4, 1, 3, 2, 3);
        Assert.EndsWith("checkpoint", (await Assert.ThrowsAsync<LogCorruptException>(InspectAsync)).File, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CheckpointOfEarlier_IsFound()
    {
        await LogFiles.WriteAsync(_log, committed: 3, 1, 1, 1);
        var earlier = await File.ReadAllBytesAsync(Path.Combine(_log, "checkpoint"), Stop);
        await using (var wal = LogFiles.Open(_log))
        {
            await wal.InitializeAsync(Stop);
            await wal.AppendAsync(LogFiles.Entry(1), Stop);
            await wal.CommitAsync(4, Stop);
            await wal.WaitForApplyAsync(4, Stop);
        }

        new LogGuard(_guardFile).Save(0, 4);
        await InspectAsync();
        await File.WriteAllBytesAsync(Path.Combine(_log, "checkpoint"), earlier, Stop);
        Assert.EndsWith("checkpoint", (await Assert.ThrowsAsync<LogCorruptException>(InspectAsync)).File, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(20)]
    public async Task StateCutShort_IsFound(int length)
    {
        await LogFiles.WriteAsync(_log, committed: 1, 1);
        await using (var wal = LogFiles.Open(_log))
        {
            await wal.InitializeAsync(Stop);
            await ((IPersistentState)wal).UpdateTermAsync(7, true, Stop);
        }

        new LogGuard(_guardFile).Save(7, 1);
        await InspectAsync();
        await using (var state = new FileStream(Path.Combine(_log, "state"), FileMode.Open))
        {
            state.SetLength(length);
        }

        Assert.EndsWith("state", (await Assert.ThrowsAsync<LogCorruptException>(InspectAsync)).File, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(13)]
    [InlineData(23)]
    public async Task DamagedGuard_IsFound(int offset)
    {
        await LogFiles.WriteAsync(_log, committed: 1, 1);
        new LogGuard(_guardFile).Save(0, 1);
        var note = await File.ReadAllBytesAsync(_guardFile, Stop);
        note[offset] ^= 0x10;
        await File.WriteAllBytesAsync(_guardFile, note, Stop);
        Assert.Equal(_guardFile, (await Assert.ThrowsAsync<LogCorruptException>(InspectAsync)).File);
    }

    private Task InspectAsync() => LogInspection.RunAsync(RaftLog.WalOptions(_log), new LogGuard(_guardFile), null, Stop);
}
