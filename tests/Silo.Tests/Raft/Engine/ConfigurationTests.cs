using System.Net;
using Grpc.Core;
using SwarmOrleans.Raft;
using SwarmOrleans.Raft.Engine;
using SwarmOrleans.Raft.Transport;
using SwarmOrleans.Store;

namespace SwarmOrleans.Tests.Silo.Raft.Engine;

public sealed class ConfigurationTests
{
    // A request that outlives the election timeout turns a whole election into a defeat: one hung member would prevent any leader.
    [Theory]
    [InlineData(100)]
    [InlineData(300)]
    [InlineData(1500)]
    [InlineData(10_000)]
    public async Task RequestTimeout_IsBelowTheElectionTimeout(int electionTimeoutMs)
    {
        using var directory = new TemporaryDirectory();
        using var members = new MemberStorage(Path.Combine(directory.Path, "members"));
        await using var store = new SwarmStore(new SwarmStoreOptions { ManagerId = "a", BootId = "boot", Keyring = Keyring.Generate() });
        var address = new IPEndPoint(IPAddress.Loopback, 4242);
        await using var listener = new RaftListener(address);
        var configuration = RaftLog.Configuration(
            new RaftLogOptions
            {
                Directory = directory.Path,
                Address = address,
                Consumer = store,
                Listener = listener,
                Connector = new RaftConnector(_ => new()),
                Peers = _ => throw new RpcException(new Status(StatusCode.Unavailable, "nobody there")),
                ElectionTimeoutMs = electionTimeoutMs,
            },
            members);

        var election = TimeSpan.FromMilliseconds(configuration.LowerElectionTimeout);
        Assert.Equal(electionTimeoutMs, configuration.LowerElectionTimeout);
        Assert.True(configuration.UpperElectionTimeout > configuration.LowerElectionTimeout);
        Assert.True(configuration.RequestTimeout < election);
        Assert.True(configuration.ConnectTimeout <= configuration.RequestTimeout);
        Assert.True(configuration.HeartbeatThreshold * configuration.LowerElectionTimeout < configuration.RequestTimeout.TotalMilliseconds);
    }
}
