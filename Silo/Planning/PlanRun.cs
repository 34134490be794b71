using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;
using SwarmOrleans.Orchestration;
using SwarmOrleans.Silo.Loops;
using SwarmOrleans.Silo.Reconciling;
using SwarmOrleans.Store;
using SwarmOrleans.Store.Trying;

namespace SwarmOrleans.Silo.Planning;

/// <summary>
/// Lets allocator, reconciler, scheduler and agents work on a trial store, one after the other, until none of them has anything to do and nobody waits for a
/// later time. They are the ones that work on the real store; the agents alone are stood in for: what they are told to do is done at once.
/// </summary>
internal sealed class PlanRun : IAsyncDisposable
{
    private readonly TrialStore _store;
    private readonly PlanClock _clock;
    private readonly PlanBounds _bounds;
    private readonly string _serviceId;
    private readonly AllocationWork _allocation;
    private readonly PlacementWork _placement;
    private readonly ServiceRunner _runner;
    private readonly IAsyncEnumerator<ChangeBatch> _changes;
    private ulong _seen;
    private int _round;

    /// <param name="store">Holds the service with its new spec.</param>
    /// <param name="clock">The clock that everything goes by.</param>
    /// <param name="ids">Ids for tasks.</param>
    /// <param name="serviceId">The service.</param>
    /// <param name="bounds">When to give up.</param>
    public PlanRun(TrialStore store, PlanClock clock, IIdSource ids, string serviceId, PlanBounds bounds)
    {
        (_store, _clock, _bounds, _serviceId) = (store, clock, bounds, serviceId);
        _allocation = new AllocationWork(store, TrialStore.Term);
        _placement = new PlacementWork(store, clock, TrialStore.Term);
        _runner = new ServiceRunner(store, ids, clock);
        _seen = store.Current.Version;
        _changes = store.WatchAsync(_seen, CancellationToken.None).GetAsyncEnumerator();
        Fates = new TaskFates(store.Current.Tasks.OfService(serviceId), store.Current.Find<Service>(serviceId).IsPerNode());
    }

    public TaskFates Fates { get; }

    /// <summary>Which bound was reached; empty when nothing is left to do.</summary>
    public string CutShort { get; private set; } = "";

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        _allocation.Feed(_store.Current);
        _placement.Feed(_store.Current);
        var idle = 0;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var before = _store.Current.Version;
            var wakeAt = await RoundAsync(cancellationToken);
            CutShort = _bounds.Reached(_round, Fates.Made, _store.Current.Tasks.OfService(_serviceId).Count);
            if (CutShort.Length > 0)
            {
                return;
            }

            if (_store.Current.Version != before)
            {
                idle = 0;
            }
            else if (wakeAt is { } at && idle < PlanBounds.MaxIdleRounds)
            {
                idle++;
                _clock.Advance(at);
            }
            else
            {
                return;
            }
        }
    }

    public ValueTask DisposeAsync() => _changes.DisposeAsync();

    private async Task<DateTimeOffset?> RoundAsync(CancellationToken cancellationToken)
    {
        _round++;
        await _allocation.AllocateAsync(cancellationToken);
        var result = await _runner.ReconcileAsync(_serviceId, cancellationToken);
        await FollowAsync();
        await _placement.PlaceAsync(cancellationToken);
        await FollowAsync();
        await _store.CommitAllAsync([.. _store.Current.Tasks.OfService(_serviceId).Select(Act).OfType<StoreTransaction>()], cancellationToken);
        await FollowAsync();
        return result.WakeAt;
    }

    private async Task FollowAsync()
    {
        while (_seen < _store.Current.Version && await _changes.MoveNextAsync())
        {
            foreach (var change in _changes.Current.Changes)
            {
                _allocation.Feed(change);
                _placement.Feed(change);
                if (change.Kind == ObjectKind.Task && (change.New ?? change.Old) is SwarmTask task && task.ServiceId == _serviceId)
                {
                    Fates.Note((SwarmTask?)change.Old, (SwarmTask?)change.New, _round, _clock.GetUtcNow());
                }
            }

            _seen = _changes.Current.Version;
        }
    }

    // What the task's agent would come to if nothing went wrong; null when there is nothing for it to do, or nothing is heard of its node.
    private StoreTransaction? Act(SwarmTask task)
    {
        var state = task.Observed();
        if (task.NodeId.Length == 0 || state < TaskState.Assigned || task.HasEnded() || TaskFacts.IsDown(_store.Current.Find<Node>(task.NodeId)))
        {
            return null;
        }

        var goal = task.DesiredState switch
        {
            TaskState.Complete when state == TaskState.Running => TaskState.Complete,
            TaskState.Complete => TaskState.Running,
            > TaskState.Complete => TaskState.Shutdown,
            var desired => desired,
        };
        if (goal <= state)
        {
            return null;
        }

        var next = task.Clone();
        var now = Timestamp.FromDateTimeOffset(_clock.GetUtcNow());
        next.Status = new SwarmTaskStatus { State = goal, Timestamp = now, AppliedAt = now };
        return new StoreTransaction().Update(next);
    }
}

/// <summary>How far plans go.</summary>
/// <param name="maxTasks">Most tasks that are made.</param>
/// <param name="maxListed">Most changes that are listed one by one.</param>
/// <param name="maxLooks">Most looks at tasks: each round looks at all that the service has.</param>
internal sealed class PlanBounds(int maxTasks = 10_000, int maxListed = 10_000, long maxLooks = 1_000_000)
{
    /// <summary>Rounds without a change after which nothing is expected to come of waiting any longer.</summary>
    public const int MaxIdleRounds = 50;

    private const int MaxRounds = 5_000;

    private long _looks;

    public int MaxTasks => maxTasks;

    public int MaxListed => maxListed;

    /// <summary>Which bound a plan has reached after a round, in words; empty when none.</summary>
    public string Reached(int rounds, int tasksMade, int tasks)
    {
        _looks += tasks;
        return tasksMade > maxTasks ? TooManyTasks()
            : rounds >= MaxRounds || _looks > maxLooks ? string.Create(CultureInfo.InvariantCulture, $"it ends after {rounds} rounds: there is more to come")
            : "";
    }

    /// <summary>Said when no more tasks are made.</summary>
    public string TooManyTasks() => string.Create(CultureInfo.InvariantCulture, $"it ends with {maxTasks} new tasks: there are more to come");
}
