using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans;
using Orleans.Runtime;
using SwarmOrleans.Contracts;
using SwarmOrleans.Security;
using SwarmOrleans.Silo.Hosting;
using SwarmOrleans.Store;
using SwarmOrleans.Testing;

namespace SwarmOrleans.Tests.Silo.Managers;

/// <summary>A manager's replica and its silo: all of the production's but the network below the log.</summary>
internal sealed class TestManager : IAsyncDisposable
{
    private readonly SharedLog _log;
    private readonly StateDirectory _state;
    private CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    public TestManager(string id, SharedLog log, Keyring keyring, RootCa root)
    {
        Id = id;
        _log = log;
        Store = new SwarmStore(new SwarmStoreOptions
        {
            ManagerId = id,
            BootId = "boot-" + id,
            Keyring = keyring,
        });
        Log = log.Join(id, Store);
        Store.Attach(Log);
        _state = StateDirectory.Open(Path.Combine(Path.GetTempPath(), "silo-" + Guid.NewGuid().ToString("N")));
        Silo = new SiloHost(Store, new ManagerOptions
        {
            State = _state,
            Security = new SecurityConfig(Identities.Issue(id, NodeRole.Manager, root).Identity),
            ListenRemoteApi = new IPEndPoint(IPAddress.Loopback, 0),
            AdvertiseRemoteApi = new IPEndPoint(IPAddress.Loopback, 0),
            ControlSocket = Path.Combine(_state.Path, "control.sock"),
            Hostname = id,
            LoggerFactory = NullLoggerFactory.Instance,
        });
    }

    public string Id { get; }

    public SwarmStore Store { get; }

    public SharedLog.Member Log { get; }

    public SiloHost Silo { get; }

    public IGrainFactory Grains => Silo.Grains!;

    /// <summary>This manager's silo as the membership table names it; null while it has no active one.</summary>
    public static SiloMember? ActiveSilo(StoreView view, string managerId) =>
        view.All<SiloMember>().FirstOrDefault(s => s.SiloName == managerId && s.Status == (int)SiloStatus.Active);

    public async Task StartSiloAsync()
    {
        _stop = new CancellationTokenSource();
        _running = Silo.RunAsync(_stop.Token);
        await Store.WaitForAsync(view => ActiveSilo(view, Id) is not null);
    }

    public async Task StopSiloAsync()
    {
        using var limit = StoreWaits.Limit();
        await _stop.CancelAsync();
        await _running.WaitAsync(limit.Token);
    }

    /// <summary>The process is gone: it says goodbye to nobody.</summary>
    public async Task CrashAsync()
    {
        _log.CutOff(Log);
        await StopSiloAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await StopSiloAsync();
        await Silo.DisposeAsync();
        await Store.DisposeAsync();
        _state.Dispose();
        _stop.Dispose();
        Directory.Delete(_state.Path, recursive: true);
    }
}
