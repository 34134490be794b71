using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SwarmOrleans.Contracts;
using SwarmOrleans.Raft;
using SwarmOrleans.Raft.Group;
using SwarmOrleans.Raft.Transport;
using SwarmOrleans.Security;
using SwarmOrleans.Silo.Hosting;
using SwarmOrleans.Store;
using SwarmOrleans.Testing;

namespace SwarmOrleans.Tests.Silo.Raft;

/// <summary>One manager of a test group: store, log, and the shared port, in this process.</summary>
internal sealed class RaftMember : IAsyncDisposable
{
    // Above the default, so that a busy machine does not change the leader in the middle of a test.
    private const int ElectionTimeoutMs = 600;

    private readonly PeerChannels _channels;
    private WebApplication? _host;

    private RaftMember(string directory, IPEndPoint address, SecurityConfig security, SwarmStore store)
    {
        (Directory, Address, Security, Store) = (directory, address, security, store);
        _channels = new PeerChannels(security);
    }

    public string Directory { get; }

    public string JournalDirectory => Path.Combine(Directory, "journal");

    public IPEndPoint Address { get; }

    public SecurityConfig Security { get; }

    public SwarmStore Store { get; }

    public RaftLog Log { get; private set; } = null!;

    public static async Task<RaftMember> StartAsync(
        string id, IPEndPoint address, string directory, bool bootstrap, RootCa root, Keyring keyring, RaftNetwork network, long snapshotBytes,
        bool forceNewGroup)
    {
        var security = new SecurityConfig(Identities.Issue(id, NodeRole.Manager, root).Identity);
        var store = new SwarmStore(new SwarmStoreOptions { ManagerId = id, BootId = RandomIdSource.Secure.NewId(), Keyring = keyring });
        var member = new RaftMember(directory, address, security, store);
        try
        {
            await member.StartAsync(bootstrap, keyring, network, snapshotBytes, forceNewGroup);
        }
        catch
        {
            await member.DisposeAsync();
            throw;
        }

        return member;
    }

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        if (Log is not null)
        {
            await Log.DisposeAsync();
        }

        if (_host is not null)
        {
            await _host.DisposeAsync();
        }

        _channels.Dispose();
    }

    private async Task StartAsync(bool bootstrap, Keyring keyring, RaftNetwork network, long snapshotBytes, bool forceNewGroup)
    {
        var listener = new RaftListener(Address);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(k => k.Listen(Address, o => o.UseSwarm(Security, listener)));
        builder.Services.AddGrpc(o => o.MaxReceiveMessageSize = null);
        builder.Services.AddSingleton(_ => new ManagerGroupService(Log, Store, keyring));
        _host = builder.Build();
        _host.MapGrpcService<ManagerGroupService>();
        await _host.StartAsync();
        Log = await RaftLog.StartAsync(
            new RaftLogOptions
            {
                Directory = Directory,
                Address = Address,
                Bootstrap = bootstrap,
                ForceNewGroup = forceNewGroup,
                Consumer = Store,
                Listener = listener,
                Connector = network.LinksOf(Address, new RaftConnector(_ => Security.ClientOptions())),
                Peers = to => network.CallsOf(Address, _channels.To(to)),
                SnapshotBytes = snapshotBytes,
                ElectionTimeoutMs = ElectionTimeoutMs,
            },
            CancellationToken.None);
        Store.Attach(Log);
    }
}
