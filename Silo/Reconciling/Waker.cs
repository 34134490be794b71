using Microsoft.Extensions.Logging;
using SwarmOrleans.Contracts;
using SwarmOrleans.Store;

namespace SwarmOrleans.Silo.Reconciling;

/// <summary>
/// Wakes the reconcilers of this manager's services. A service stays dirty until its reconciler has looked at a view that contains the change,
/// and all of them are looked at every minute, so that no wake-up is lost.
/// </summary>
/// <param name="store">The replica.</param>
/// <param name="ownership">Which services are this manager's.</param>
/// <param name="reconcile">Reconciles one service; never called twice at once for the same.</param>
/// <param name="time">Clock.</param>
/// <param name="logger">Log.</param>
public sealed partial class Waker(
    ISwarmStore store,
    IOwnership ownership,
    Func<string, CancellationToken, Task<ReconcileResult>> reconcile,
    TimeProvider time,
    ILogger<Waker> logger)
{
    /// <summary>Begins the keys of nodes; a key without it is a service's id.</summary>
    public const string NodePrefix = "node/";

    private static readonly TimeSpan CatchUpPause = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan QuickLook = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan MaxRest = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RescanPeriod = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan ErrorPause = TimeSpan.FromSeconds(1);

    private readonly ILogger _logger = logger;
    private readonly Dictionary<string, KeyState> _keys = [];
    private readonly Lock _lock = new();

    /// <summary>Runs until cancelled.</summary>
    public Task RunAsync(CancellationToken cancellationToken) => Task.WhenAll(FollowAsync(cancellationToken), RescanAsync(cancellationToken));

    /// <summary>
    /// Whom the changes concern. A node's concern the services with tasks on it and those with one task per node: never a look at all tasks.
    /// </summary>
    public static IReadOnlySet<string> KeysOf(ChangeBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var keys = new HashSet<string>();
        foreach (var change in batch.Changes)
        {
            switch (change.Kind)
            {
                case ObjectKind.Service:
                    keys.Add(change.Id);
                    break;
                case ObjectKind.Task when IsForService((SwarmTask?)change.Old, (SwarmTask?)change.New):
                    keys.Add(((SwarmTask)(change.New ?? change.Old)!).ServiceId);
                    break;
                case ObjectKind.Node:
                    AddNode(keys, batch.View, change.Id, (Node?)change.Old, (Node?)change.New);
                    break;
                case ObjectKind.Cluster when !Equals((change.Old as Cluster)?.Spec, (change.New as Cluster)?.Spec):
                case ObjectKind.SiloMember when (change.Old as SiloMember)?.Status != (change.New as SiloMember)?.Status:
                case ObjectKind.Manager when (change.Old as Manager)?.SiloAddr != (change.New as Manager)?.SiloAddr:
                    keys.UnionWith(AllKeys(batch.View));
                    break;
            }
        }

        return keys;
    }

    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var view = store.Current;
            MarkAll(view, cancellationToken);
            try
            {
                await foreach (var batch in store.WatchAsync(view.Version, cancellationToken))
                {
                    foreach (var key in KeysOf(batch))
                    {
                        Mark(batch.View, key, batch.Version, cancellationToken);
                    }
                }
            }
            catch (CompactedException)
            {
                // Changes were missed: look at everything.
            }
        }
    }

    private async Task RescanAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await Task.Delay(RescanPeriod, time, cancellationToken);
            MarkAll(store.Current, cancellationToken);
        }
    }

    private void MarkAll(StoreView view, CancellationToken cancellationToken)
    {
        foreach (var key in AllKeys(view))
        {
            Mark(view, key, view.Version, cancellationToken);
        }
    }

    private static IEnumerable<string> AllKeys(StoreView view) => view.All<Service>().Select(s => s.Id)
        .Union(view.All<ServiceProgress>().Select(p => p.Id))
        .Concat(view.All<Node>().Where(n => n.Status?.State == NodeStatus.Types.State.Down).Select(n => NodePrefix + n.Id));

    private static void AddNode(HashSet<string> keys, StoreView view, string id, Node? old, Node? now)
    {
        var isNews = IsForTasks(old, now);
        if (isNews)
        {
            keys.Add(NodePrefix + id);
            keys.UnionWith(view.Tasks.OfNode(id).Select(t => t.ServiceId).Where(service => service.Length > 0));
        }

        // A node's event concerns services that have nothing on it only if they want something on every node, or to be spread over all.
        if (isNews || IsForPlacement(old!, now!))
        {
            keys.UnionWith(view.Services.PerNode.Select(s => s.Id));
            keys.UnionWith(view.Services.Rebalancing.Select(s => s.Id));
        }
    }

    // Messages, exit codes and explanations change no decision; while a service waits for nodes they change by the thousand.
    private static bool IsForService(SwarmTask? old, SwarmTask? now) =>
        (now ?? old)!.ServiceId.Length > 0
        && (old is null || now is null || old.Status?.State != now.Status?.State || old.DesiredState != now.DesiredState || old.NodeId != now.NodeId
            || old.Slot != now.Slot || !Same(old.SpecVersion, now.SpecVersion) || !Same(old.JobIteration, now.JobIteration)
            || !Same(old.Spec, now.Spec) || !Same(old.Endpoint, now.Endpoint));

    private static bool Same<T>(T? old, T? now)
        where T : class => ReferenceEquals(old, now) || Equals(old, now);

    private static bool IsForTasks(Node? old, Node? now) =>
        old is null || now is null || old.Status?.State != now.Status?.State || old.Spec?.Availability != now.Spec?.Availability
        || old.Spec?.ForceDrain != now.Spec?.ForceDrain;

    // What constraints and platforms are compared with.
    private static bool IsForPlacement(Node old, Node now) =>
        old.Role != now.Role || old.Status?.Addr != now.Status?.Addr || !Equals(old.Spec?.Annotations, now.Spec?.Annotations)
        || old.Description?.Hostname != now.Description?.Hostname || !Equals(old.Description?.Platform, now.Description?.Platform)
        || !Equals(old.Description?.Engine?.Labels, now.Description?.Engine?.Labels);

    private void Mark(StoreView view, string key, ulong version, CancellationToken cancellationToken)
    {
        if (!ownership.IsOwner(view, key))
        {
            return;
        }

        lock (_lock)
        {
            if (!_keys.TryGetValue(key, out var state))
            {
                _keys.Add(key, state = new KeyState());
            }

            state.DirtyVersion = Math.Max(state.DirtyVersion, version);
            if (state.IsRunning)
            {
                return;
            }

            state.IsRunning = true;
        }

        _ = RunAsync(key, cancellationToken);
    }

    private async Task RunAsync(string key, CancellationToken cancellationToken)
    {
        // The caller is in the middle of a batch that may dirty this service again.
        await Task.Yield();
        var last = 0ul;
        while (!cancellationToken.IsCancellationRequested)
        {
            ReconcileResult result;
            var begin = time.GetTimestamp();
            try
            {
                result = await reconcile(key, cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // Whatever is wrong with one service, it is tried again, and the others go on.
            catch (Exception e)
#pragma warning restore CA1031
            {
                LogReconcileFailed(key, e);
                result = new ReconcileResult(0, time.GetUtcNow() + ErrorPause);
            }

            lock (_lock)
            {
                var state = _keys[key];
                if (result.Version == 0 || state.DirtyVersion <= result.Version)
                {
                    state.IsRunning = false;
                    state.Generation++;
                    Settle(key, state, result, cancellationToken);
                    return;
                }
            }

            if (result.Version == last)
            {
                // The grain is still on another manager, whose replica is behind this one.
                await Task.WhenAny(Task.Delay(CatchUpPause, time, cancellationToken));
            }
            else if (time.GetElapsedTime(begin) is var took && took > QuickLook)
            {
                // A large service is costly to look at: what happens meanwhile is looked at together, and half a core is free for others.
                await Task.WhenAny(Task.Delay(took < MaxRest ? took : MaxRest, time, cancellationToken));
            }

            last = result.Version;
        }
    }

    private void Settle(string key, KeyState state, ReconcileResult result, CancellationToken cancellationToken)
    {
        if (result.WakeAt is { } at)
        {
            _ = WakeLaterAsync(key, state.Generation, at, cancellationToken);
        }
        else if (store.Current.Find<Service>(key) is null && store.Current.Find<ServiceProgress>(key) is null)
        {
            _keys.Remove(key);
        }
    }

    private async Task WakeLaterAsync(string key, long generation, DateTimeOffset at, CancellationToken cancellationToken)
    {
        var wait = at - time.GetUtcNow();
        try
        {
            await time.DelayAsync(wait, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        lock (_lock)
        {
            if (!_keys.TryGetValue(key, out var state) || state.Generation != generation)
            {
                return;
            }
        }

        Mark(store.Current, key, store.Current.Version, cancellationToken);
    }

    [LoggerMessage(5010, LogLevel.Error, "service {ServiceId} could not be reconciled")]
    private partial void LogReconcileFailed(string serviceId, Exception exception);

    private sealed class KeyState
    {
        public ulong DirtyVersion { get; set; }

        public bool IsRunning { get; set; }

        public long Generation { get; set; }
    }
}
