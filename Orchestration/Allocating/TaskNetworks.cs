using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>
/// Stands before the scheduler: a task that is on networks gets there when they are allocated, its service has its virtual IPs in them, and an address is
/// free for it in each (ALO-6, ALO-7). The address is kept for it until it has a node, and written together with that. What has to wait says for what.
/// Fed with changes; not safe for concurrent use.
/// </summary>
public sealed partial class TaskNetworks
{
    private readonly Scheduler _scheduler;
    private readonly AddressBook _book;
    private readonly Dictionary<string, Network> _networks = [];
    private readonly Dictionary<string, Service> _services = [];
    private readonly Dictionary<string, SwarmTask> _held = [];
    private readonly Dictionary<string, Admitted> _admitted = [];
    private readonly Dictionary<HeldAddress, string> _reserved = [];
    private readonly WaitingList<Obstacle> _waiting = new();
    private readonly Queue<string> _freed = new();
    private readonly HashSet<string> _news = [];
    private Network? _ingress;

    /// <param name="scheduler">Gets the tasks that may be placed; those without networks as they are.</param>
    public TaskNetworks(Scheduler scheduler)
    {
        _scheduler = scheduler;
        _book = new AddressBook(_freed.Enqueue);
    }

    /// <summary>Number of tasks that wait for networks.</summary>
    public int Held => _held.Count;

    /// <summary>Number of addresses that objects have in a network, or that are kept for tasks.</summary>
    public long InUse(string networkId) => _book.InUse(networkId);

    /// <summary>A network is new or has changed, or, when <paramref name="now"/> is null, is gone.</summary>
    public void SetNetwork(string id, Network? now)
    {
        _book.SetNetwork(id, now);
        if (now is null)
        {
            _networks.Remove(id);
            _ingress = _ingress?.Id == id ? null : _ingress;
            var lost = _admitted.Values.Where(a => a.Networks.Any(n => n.Network.Id == id)).Select(a => a.Task).ToList();
            lost.ForEach(OfferAnew);
            Retry(Obstacle.NoAddress(id));
            Retry(Obstacle.Wanted(id));
            return;
        }

        _networks[id] = now;
        if (now.IsIngress())
        {
            _ingress = now;
            Retry(Obstacle.Network(""));
        }

        Retry(Obstacle.Network(id));
    }

    /// <summary>A service is new or has changed, or, when <paramref name="now"/> is null, is gone.</summary>
    public void SetService(Service? old, Service? now)
    {
        SetAddresses(old, now);
        var id = (now ?? old)!.Id;
        if (now?.Spec is null || !ServiceVips.Concern(now))
        {
            _services.Remove(id);
        }
        else
        {
            _services[id] = now;
        }

        Retry(Obstacle.Service(id));
    }

    /// <summary>A node is new or has changed, or, when <paramref name="now"/> is null, is gone.</summary>
    public void SetNode(Node? old, Node? now) => SetAddresses(old, now);

    /// <summary>A task is new or has changed, or, when <paramref name="now"/> is null, is gone.</summary>
    public void SetTask(SwarmTask? old, SwarmTask? now)
    {
        var id = (now ?? old ?? throw new ArgumentNullException(nameof(now))).Id;
        if (old is { Networks.Count: > 0 } || now is { Networks.Count: > 0 })
        {
            SetAddresses(old, now);
        }

        if (now is not null && now.Observed() < TaskState.Assigned && now.IsWanted() && NeedsNetworks(now))
        {
            Offer(now);
        }
        else
        {
            PassOn(id, old, now);
        }

        GiveFreed();
    }

    /// <summary>
    /// Tasks that wait and have not been told why, or have been told another reason, as the store should hold them.
    /// </summary>
    /// <param name="now">The time.</param>
    /// <param name="max">Most of them.</param>
    public IReadOnlyList<SwarmTask> TakeNotes(Google.Protobuf.WellKnownTypes.Timestamp now, int max)
    {
        var notes = new List<SwarmTask>();
        foreach (var id in _news.Take(max).ToList())
        {
            _news.Remove(id);
            var note = TaskCopy.Of(_held[id]);
            note.Status = new SwarmTaskStatus
            {
                Timestamp = now,
                State = note.Observed(),
                Message = note.Status?.Message ?? "",
                Err = ReasonOf(_waiting[id], id),
            };
            notes.Add(note);
        }

        return notes;
    }

    // The scheduler sees a task that it has not seen yet before it sees it stop: it ends what was PENDING.
    private void PassOn(string id, SwarmTask? old, SwarmTask? now)
    {
        if (_held.Count > 0 && _held.TryGetValue(id, out var held))
        {
            Unhold(id);
            _scheduler.SetTask(null, held);
        }

        Forget(id, now);
        _scheduler.SetTask(old, now);
    }

    // An address that somebody else is seen to have was kept for a task in vain: the task gets another one.
    private void SetAddresses(IStoreObject? old, IStoreObject? now)
    {
        var evicted = new List<string>();
        foreach (var address in HeldAddresses.Of(now))
        {
            if (_reserved.GetValueOrDefault(address) is { } id && id != now!.Id)
            {
                _reserved.Remove(address);
                evicted.Add(id);
            }
        }

        _book.Set(old, now);
        foreach (var id in evicted)
        {
            if (_admitted.TryGetValue(id, out var admitted))
            {
                OfferAnew(admitted.Task);
            }
        }

        if ((now ?? old) is not SwarmTask)
        {
            GiveFreed();
        }
    }

    private void OfferAnew(SwarmTask task)
    {
        Forget(task.Id, null);
        Offer(task);
    }

    private void GiveFreed()
    {
        while (_freed.TryDequeue(out var networkId))
        {
            foreach (var id in _waiting.For(Obstacle.Wanted(networkId)))
            {
                Offer(_held[id]);
            }

            // One address is for one task; who needs another one elsewhere in vain leaves it to the next.
            var obstacle = Obstacle.NoAddress(networkId);
            while (_waiting.First(obstacle) is { } id)
            {
                Offer(_held[id]);
                if (_waiting.First(obstacle) == id || !_held.ContainsKey(id))
                {
                    break;
                }
            }
        }
    }

    // What keeps one keeps those behind it.
    private void Retry(Obstacle obstacle)
    {
        while (_waiting.First(obstacle) is { } id)
        {
            Offer(_held[id]);
            if (_waiting.First(obstacle) == id)
            {
                return;
            }
        }
    }
}
