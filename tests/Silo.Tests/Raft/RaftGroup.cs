using System.Net;
using System.Net.Sockets;
using SwarmOrleans.Contracts;
using SwarmOrleans.Security;
using SwarmOrleans.Store;
using SwarmOrleans.Store.Log;

namespace SwarmOrleans.Tests.Silo.Raft;

/// <summary>Managers on the real log, in this process, each with its own directory and port.</summary>
internal sealed class RaftGroup : IAsyncDisposable
{
    private readonly string _directory = Path.Combine(Path.GetTempPath(), "raft-" + Guid.NewGuid().ToString("N"));
    private readonly RootCa _root = RootCa.Create(TimeProvider.System.GetUtcNow());
    private readonly List<RaftMember> _members = [];

    /// <summary>Keys of the log.</summary>
    public Keyring Keyring { get; } = Keyring.Generate();

    /// <summary>The links between the members.</summary>
    public RaftNetwork Network { get; } = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public static Service ServiceNamed(string name) =>
        new() { Id = RandomIdSource.Secure.NewId(), Spec = new ServiceSpec { Annotations = new Annotations { Name = name } } };

    public static ValueTask<CommitResult> CommitAsync(RaftMember member, string name) =>
        member.Store.CommitAsync(new StoreTransaction().Create(ServiceNamed(name)), Stop);

    /// <summary>Three members, the first of which leads.</summary>
    public async Task<(RaftMember A, RaftMember B, RaftMember C)> ThreeAsync()
    {
        var a = await AddAsync("a", bootstrap: true);
        Assert.True((await CommitAsync(a, "first")).IsCommitted);
        await JoinAsync(await AddAsync("b", bootstrap: false));
        await JoinAsync(await AddAsync("c", bootstrap: false));
        Assert.True((await a.Store.CommitAsync(new StoreTransaction().Remove(a.Store.Current.FindByName<Service>("first")!), Stop)).IsCommitted);
        var leader = await LeaderAsync();
        var rest = _members.Where(m => m != leader).ToList();
        return (leader, rest[0], rest[1]);
    }

    /// <summary>Makes it a member, as a joining manager does: on a busy machine the leader can lose its quorum of two for a moment.</summary>
    public async Task JoinAsync(RaftMember member)
    {
        while (true)
        {
            var leader = await LeaderAsync();
            try
            {
                await leader.Log.AddMemberAsync(new LogMember(member.Address.ToString()), Stop);
                return;
            }
            catch (NotLeaderException)
            {
                // Ask whoever leads now.
            }
        }
    }

    public Task<RaftMember> AddAsync(string id, bool bootstrap, long snapshotBytes = 16 << 20) =>
        StartAsync(id, FreeAddress(), Path.Combine(_directory, id), bootstrap, snapshotBytes, false);

    /// <summary>Starts a member that was removed, with what is in its directory.</summary>
    public Task<RaftMember> RestartAsync(RaftMember member, bool forceNewGroup = false) =>
        StartAsync(member.Store.ManagerId, member.Address, member.Directory, false, 16 << 20, forceNewGroup);

    public async Task RemoveAsync(RaftMember member)
    {
        _members.Remove(member);
        await member.DisposeAsync();
    }

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

    private async Task<RaftMember> LeaderAsync()
    {
        while (true)
        {
            var changes = _members.Select(m => m.Log.WaitForChangeAsync(m.Log.Leadership, Stop)).ToList();
            if (_members.Find(m => m.Log.Leadership.IsLeader) is { } leader)
            {
                return leader;
            }

            await Task.WhenAny(changes);
        }
    }

    private async Task<RaftMember> StartAsync(string id, IPEndPoint address, string directory, bool bootstrap, long snapshotBytes, bool forceNewGroup)
    {
        var member = await RaftMember.StartAsync(id, address, directory, bootstrap, _root, Keyring, Network, snapshotBytes, forceNewGroup);
        _members.Add(member);
        return member;
    }

    private static IPEndPoint FreeAddress()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return (IPEndPoint)socket.LocalEndPoint!;
    }
}
