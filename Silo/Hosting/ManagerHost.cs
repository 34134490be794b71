using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using SwarmOrleans.Contracts;
using SwarmOrleans.Raft;
using SwarmOrleans.Raft.Group;
using SwarmOrleans.Raft.Transport;
using SwarmOrleans.Silo.Dispatching;
using SwarmOrleans.Silo.Loops;
using SwarmOrleans.Silo.Reconciling;
using SwarmOrleans.Store;
using SwarmOrleans.Store.Log;

namespace SwarmOrleans.Silo.Hosting;

/// <summary>Everything that makes a node a manager, from the log to the APIs. Built on start or promotion, disposed on stop or demotion.</summary>
public sealed partial class ManagerHost : IAsyncDisposable
{
    private readonly ManagerOptions _options;
    private readonly ILogger _logger;
    private readonly PeerChannels _peers;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _running = [];
    private SwarmStore? _store;
    private RaftLog? _log;
    private WebApplication? _api;
    private SiloHost? _silo;

    private ManagerHost(ManagerOptions options)
    {
        _options = options;
        _logger = options.LoggerFactory.CreateLogger<ManagerHost>();
        _peers = new PeerChannels(options.Security);
    }

    /// <summary>The replica.</summary>
    public ISwarmStore Store => _store!;

    /// <summary>Completes, with the cause, when the manager cannot go on in this process: its log has failed.</summary>
    public Task Failed { get; private set; } = Task.CompletedTask;

    /// <summary>Starts a manager and returns when it is ready: it knows a leader and all that was committed before.</summary>
    /// <exception cref="LogCorruptException">A file of the log is damaged.</exception>
    /// <exception cref="IOException">A port or socket is in use.</exception>
    public static async Task<ManagerHost> StartAsync(ManagerOptions options, CancellationToken cancellationToken)
    {
        var host = new ManagerHost(options);
        try
        {
            await host.StartAsync(cancellationToken);
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_running).ContinueWith(_ => { }, TaskScheduler.Default);
        if (_silo is not null)
        {
            await _silo.DisposeAsync();
        }

        if (_store is not null)
        {
            await _store.DisposeAsync();
        }

        if (_log is not null)
        {
            await _log.DisposeAsync();
        }

        if (_api is not null)
        {
            await _api.DisposeAsync();
        }

        _peers.Dispose();
        _stop.Dispose();
    }

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        var time = _options.TimeProvider;
        var keyring = await ManagerKeyring.ObtainAsync(_options, _peers, cancellationToken);
        var self = _options.Security.Current.Self;
        _store = new SwarmStore(new SwarmStoreOptions
        {
            ManagerId = self.NodeId,
            BootId = RandomIdSource.Secure.NewId(),
            Keyring = keyring,
            TimeProvider = time,
        });
        var health = new ManagerHealth(_store, () => _log, _peers, time);
        var dispatcher = new DispatcherCore(
            _store, RandomIdSource.Secure, new DispatcherOptions { TimeProvider = time, Random = new Random(self.NodeId.GetHashCode(StringComparison.Ordinal)) });
        var listener = new RaftListener(_options.AdvertiseRemoteApi);
        ManagerApi.PrepareSocket(_options.ControlSocket);
        _api = ManagerApi.Build(_options, _store, dispatcher, health, listener, () => new ManagerGroupService(Log(), _store, keyring));
        await _api.StartAsync(cancellationToken);
        ManagerApi.ProtectSocket(_options.ControlSocket);

        await StartLogAsync(listener, cancellationToken);
        await EnterAsync(cancellationToken);

        _silo = new SiloHost(_store, _options);
        LeaderLoops loops = new(
            _store,
            [
                new AllocatorLoop(_store),
                new SchedulerLoop(_store, time),
                new ConstraintEnforcerLoop(_store, time),
                new VolumeEnforcerLoop(_store),
                new ReaperLoop(_store),
                new NetworkReaperLoop(_store),
                new NodeMonitorLoop(_store, health.IsReachable, time),
            ],
            time,
            _options.LoggerFactory.CreateLogger<LeaderLoops>());
        _running.Add(dispatcher.RunAsync(_stop.Token));
        _running.Add(loops.RunAsync(_stop.Token));
        _running.Add(_silo.RunAsync(_stop.Token));
        _running.Add(_log!.Failed);
        Failed = Task.WhenAny(_running).Unwrap();
        LogReady(self.NodeId, _options.AdvertiseRemoteApi.ToString());
    }

    private RaftLog Log() => _log
        ?? throw new Grpc.Core.RpcException(new Grpc.Core.Status(Grpc.Core.StatusCode.Unavailable, "this manager is starting"));

    private async Task StartLogAsync(RaftListener listener, CancellationToken cancellationToken)
    {
        var directory = _options.State.RaftDirectory;
        var isNew = !RaftLog.Exists(directory);
        _log = await RaftLog.StartAsync(
            new RaftLogOptions
            {
                Directory = directory,
                Address = _options.AdvertiseRemoteApi,
                Bootstrap = isNew && _options.NewCluster is not null,
                ForceNewGroup = !isNew && _options.ForceNewCluster,
                Consumer = _store!,
                Listener = listener,
                Connector = new RaftConnector(_ => _options.Security.ClientOptions()),
                Peers = _peers.To,
                LoggerFactory = _options.LoggerFactory,
            },
            cancellationToken);
        _store!.Attach(_log);
        if (isNew && _options.NewCluster is null)
        {
            await new GroupJoin(_options, _peers).RunAsync(cancellationToken);
        }
    }

    // Waits for a leader, catches up, and tells the others where this manager is.
    private async Task EnterAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                var view = await _store!.ReadAsync(cancellationToken);
                if (view.Cluster is null && _options.NewCluster is { } root)
                {
                    await _store.CommitAsync(ClusterBootstrap.Objects(root, _options.Security.Current, RandomIdSource.Secure), cancellationToken);
                    continue;
                }

                if (view.Cluster is not null && (await _store.CommitAsync(Entry(view), cancellationToken)).IsCommitted)
                {
                    return;
                }
            }
            catch (NotLeaderException e)
            {
                LogWaitingForLeader(e.Message);
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), _options.TimeProvider, cancellationToken);
        }
    }

    private StoreTransaction Entry(StoreView view)
    {
        var transaction = OwnRow(view);
        if (!_options.ForceNewCluster)
        {
            return transaction;
        }

        // What the lost managers wrote last may be missing here: a version that one of their clients has seen must not come to mean something else.
        transaction.BeginNewHistory();
        foreach (var lost in view.All<Manager>().Where(m => m.Id != _store!.ManagerId))
        {
            transaction.Remove(lost);
        }

        foreach (var silo in view.All<SiloMember>())
        {
            transaction.Remove(silo);
        }

        return transaction;
    }

    private StoreTransaction OwnRow(StoreView view)
    {
        var self = _options.Security.Current.Self;
        var stored = view.Find<Manager>(self.NodeId);
        var row = stored?.Clone() ?? new Manager { Id = self.NodeId, RaftId = (ulong)self.NodeId.GetHashCode(StringComparison.Ordinal) | 1 };
        row.Addr = _options.AdvertiseRemoteApi.ToString();
        row.BootId = _store!.BootId;
        row.SiloAddr = "";
        return stored is null ? new StoreTransaction().Create(row) : new StoreTransaction().Update(row);
    }

    [LoggerMessage(5030, LogLevel.Information, "manager {NodeId} is ready at {Address}")]
    private partial void LogReady(string nodeId, string address);

    [LoggerMessage(5031, LogLevel.Warning, "waiting for a leader: {Reason}")]
    private partial void LogWaitingForLeader(string reason);
}
