using System.Net;
using System.Security.Cryptography;
using SwarmOrleans.Raft.Snapshots;

namespace SwarmOrleans.Tests.Silo.Raft.Snapshots;

public sealed class SnapshotStreamTests : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());

    public void Dispose() => File.Delete(_path);

    [Fact]
    public async Task Complete_GivesTheHashOfWhatIsInTheFile()
    {
        var content = new byte[(9 << 20) + 17];
        new Random(1).NextBytes(content);
        await using var stream = new SnapshotStream(_path);
        for (var at = 0; at < content.Length; at += 100_000)
        {
            await stream.WriteAsync(content.AsMemory(at, Math.Min(100_000, content.Length - at)), TestContext.Current.CancellationToken);
        }

        Assert.Equal(Convert.ToHexString(SHA256.HashData(content)), stream.Complete());
        Assert.Equal(content.Length, stream.Length);
        Assert.Equal(content, await File.ReadAllBytesAsync(_path, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void MembersOnNeighbouringPorts_TakeTurns()
    {
        var last = new SnapshotDescriptor(1, 1, 1000, "");
        Assert.Equal(
            [2000, 2500, 3000],
            Enumerable.Range(4242, 3).Select(port => new SnapshotSchedule(100, new IPEndPoint(IPAddress.Loopback, port)).BytesAfter(last)).Order());
    }

    [Fact]
    public void SmallStates_AreNotWrittenOftenerThanTheLeastBytes() =>
        Assert.Equal(16_000, new SnapshotSchedule(16_000, new IPEndPoint(IPAddress.Loopback, 4242)).BytesAfter(new SnapshotDescriptor(1, 1, 1000, "")));
}
