using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;
using SwarmOrleans.Contracts;
using SwarmOrleans.Silo.Grains;
using SwarmOrleans.Silo.Membership;
using SwarmOrleans.Silo.Reconciling;
using SwarmOrleans.Store;

namespace SwarmOrleans.Silo.Hosting;

/// <summary>
/// This manager's Orleans silo, as a host inside the process: when the others have declared it dead, after a long pause say, it is built anew while
/// log, APIs and sessions go on.
/// </summary>
public sealed partial class SiloHost(ISwarmStore store, ManagerOptions options) : IAsyncDisposable
{
    private static readonly TimeSpan RebuildPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(5);

    private readonly ILogger _logger = options.LoggerFactory.CreateLogger<SiloHost>();
    private RunningSilo? _silo;

    /// <summary>Calls to grains; null while the silo is down.</summary>
    public IGrainFactory? Grains => _silo?.Host.Services.GetService<IGrainFactory>();

    /// <summary>Keeps a silo running until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await RunOnceAsync(cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // A silo that cannot start now may start later; the manager serves meanwhile.
            catch (Exception e)
#pragma warning restore CA1031
            {
                LogSiloFailed(e);
            }

            await Task.WhenAny(Task.Delay(RebuildPause, options.TimeProvider, cancellationToken));
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync() => await StopAsync(isDead: false);

    /// <summary>What the grains need to be activated.</summary>
    internal static void AddGrains(IServiceCollection services, ISwarmStore store, TimeProvider time)
    {
        services.AddSingleton(store);
        services.AddSingleton(time);
        services.AddSingleton(new ServiceRunner(store, RandomIdSource.Secure, time));
        services.AddSingleton(new NodeRunner(store, time));
        services.AddPlacementDirector<ManagerPlacementStrategy, ManagerPlacementDirector>();
    }

    private async Task RunOnceAsync(CancellationToken cancellationToken)
    {
        var dead = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var endPoint = new IPEndPoint(options.AdvertiseRemoteApi.Address, FreePort(options.AdvertiseRemoteApi.Address));
        var cut = new CancellationTokenSource();
        var host = Build(endPoint, OnDead, cut.Token);
        _silo = new RunningSilo(host, cut);
        try
        {
            await host.StartAsync(ending.Token);
            await AdvertiseAsync(endPoint, ending.Token);
            LogSiloActive(endPoint);
            var waker = new Waker(
                store,
                new RendezvousOwnership(store.ManagerId),
                ReconcileAsync,
                options.TimeProvider,
                options.LoggerFactory.CreateLogger<Waker>());
            await waker.RunAsync(ending.Token);
        }
        catch (OperationCanceledException) when (dead.Task.IsCompleted)
        {
            LogSiloDead(await dead.Task);
        }
        finally
        {
            // From here on its death is no news.
            await StopAsync(isDead: !dead.TrySetResult("it stops"));
        }

        void OnDead(string reason)
        {
            if (dead.TrySetResult(reason))
            {
                ending.Cancel();
            }
        }
    }

    private async Task<ReconcileResult> ReconcileAsync(string key, CancellationToken cancellationToken) => key.StartsWith(Waker.NodePrefix, StringComparison.Ordinal)
        ? await Factory().GetGrain<INodeGrain>(key[Waker.NodePrefix.Length..]).ReconcileAsync().WaitAsync(cancellationToken)
        : await Factory().GetGrain<IServiceGrain>(key).ReconcileAsync().WaitAsync(cancellationToken);

    private IGrainFactory Factory() => Grains ?? throw new SiloUnavailableException("the silo is not running");

    private IHost Build(IPEndPoint endPoint, Action<string> onDead, CancellationToken cut)
    {
        var self = options.Security.Current.Self;
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddSingleton(options.LoggerFactory);
        builder.Services.AddSingleton<IFatalErrorHandler>(new DeathNotice(onDead));
        builder.UseOrleans(silo =>
        {
            silo.Configure<ClusterOptions>(o => (o.ClusterId, o.ServiceId) = (self.ClusterId, "swarm"));
            silo.Configure<SiloOptions>(o => o.SiloName = self.NodeId);
            silo.ConfigureEndpoints(endPoint.Address, endPoint.Port, gatewayPort: 0, listenOnAnyHostAddress: false);
            silo.Services.AddSingleton<IMembershipTable>(new StoreMembershipTable(store));
            AddGrains(silo.Services, store, options.TimeProvider);
            silo.Configure<SiloConnectionOptions>(o =>
            {
                o.ConfigureSiloOutboundConnection(c => c.UseSwarmTls(options.Security, isServer: false, cut));
                o.ConfigureSiloInboundConnection(c => c.UseSwarmTls(options.Security, isServer: true, cut));
            });
            ConfigureTimes(silo);
        });
        return builder.Build();
    }

    // The measured profile: a killed silo is out in 1.5 s, a frozen one in 5 s, and no false death on a busy machine.
    private static void ConfigureTimes(ISiloBuilder silo)
    {
        silo.Configure<ClusterMembershipOptions>(o =>
        {
            o.ProbeTimeout = TimeSpan.FromSeconds(1);
            o.MinProbeTimeout = TimeSpan.FromSeconds(0.5);
            o.MaxProbeTimeout = TimeSpan.FromSeconds(1.5);
            o.NumMissedProbesLimit = 3;
            o.NumVotesForDeathDeclaration = 2;
            o.NumProbedSilos = 10;
            o.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(10);
            o.NumMissedTableIAmAliveLimit = 3;
            o.TableRefreshTimeout = TimeSpan.FromSeconds(5);
            o.MaxJoinAttemptTime = TimeSpan.FromMinutes(1);
            o.DefunctSiloExpiration = TimeSpan.FromHours(1);
        });
        silo.Configure<SiloMessagingOptions>(o =>
        {
            o.ResponseTimeout = TimeSpan.FromSeconds(30);
            o.SystemResponseTimeout = TimeSpan.FromSeconds(5);
        });
        silo.Configure<ConnectionOptions>(o =>
        {
            o.OpenConnectionTimeout = TimeSpan.FromSeconds(2);
            o.ConnectionRetryDelay = TimeSpan.FromMilliseconds(200);
        });
        silo.Configure<GrainDirectoryOptions>(o => o.CacheSize = 100_000);
        silo.Configure<GrainCollectionOptions>(o =>
        {
            o.CollectionAge = TimeSpan.FromMinutes(5);
            o.CollectionQuantum = TimeSpan.FromSeconds(30);
            o.DeactivationTimeout = TimeSpan.FromSeconds(5);
        });
    }

    private async Task AdvertiseAsync(IPEndPoint endPoint, CancellationToken cancellationToken)
    {
        while (store.Current.Find<Manager>(store.ManagerId) is { } stored)
        {
            var row = stored.Clone();
            row.SiloAddr = endPoint.ToString();
            if ((await store.CommitAsync(new StoreTransaction().Update(row), cancellationToken)).IsCommitted)
            {
                return;
            }
        }
    }

    private async Task StopAsync(bool isDead)
    {
        if (Interlocked.Exchange(ref _silo, null) is not { } silo)
        {
            return;
        }

        // A silo that was declared dead has nobody left to say goodbye to.
        var limit = new CancellationTokenSource(isDead ? TimeSpan.Zero : StopPatience);
        var stopped = StopAsync(silo, limit);
        if (!await stopped.WithinAsync(StopPatience + RebuildPause, options.TimeProvider, CancellationToken.None))
        {
            // Without a leader Orleans goes on for minutes trying to write its farewell. The others must find it dead meanwhile.
            await silo.Cut.CancelAsync();
        }
    }

    private async Task StopAsync(RunningSilo silo, CancellationTokenSource limit)
    {
        try
        {
            await silo.Host.StopAsync(limit.Token);
        }
#pragma warning disable CA1031 // However it ends, it has ended.
        catch (Exception e)
#pragma warning restore CA1031
        {
            LogSiloNotStopped(e);
        }

        silo.Host.Dispose();
        limit.Dispose();
    }

    private static int FreePort(IPAddress address)
    {
        using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(address, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    [LoggerMessage(5040, LogLevel.Information, "silo active at {EndPoint}")]
    private partial void LogSiloActive(IPEndPoint endPoint);

    [LoggerMessage(5041, LogLevel.Warning, "the silo was declared dead and is built anew: {Reason}")]
    private partial void LogSiloDead(string reason);

    [LoggerMessage(5042, LogLevel.Warning, "the silo failed and is built anew")]
    private partial void LogSiloFailed(Exception exception);

    [LoggerMessage(5043, LogLevel.Debug, "the silo did not stop in good order")]
    private partial void LogSiloNotStopped(Exception exception);

    // Cut ends all its connections.
    private sealed record RunningSilo(IHost Host, CancellationTokenSource Cut);

    // Orleans would end the whole process, log and sessions included.
    private sealed class DeathNotice(Action<string> onDead) : IFatalErrorHandler
    {
        public bool IsUnexpected(Exception exception) => exception is not ThreadInterruptedException;

        public void OnFatalException(object? sender, string? context, Exception? exception) => onDead($"{sender?.GetType().Name}: {context}");
    }
}
