using System.Buffers;
using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;
using SwarmOrleans.Store;
using SwarmOrleans.Tests.Simulation.Consensus;
using SwarmOrleans.Tests.Simulation.Kernel;

namespace SwarmOrleans.Tests.Simulation.World;

/// <summary>A cluster of managers and agents on one thread and in virtual time; everything random comes from the seed.</summary>
internal sealed class SimWorld
{
    private readonly List<Task> _watched = [];

    public SimWorld(SimScheduler scheduler, int seed, int managers, int agents)
    {
        Group = new SimGroup(scheduler, seed, new SimFaults());
        Ids = new RandomIdSource(new Random(seed));
        Observer = new SwarmStore(new SwarmStoreOptions { ManagerId = "observer", BootId = "observer", Keyring = Keyring, TimeProvider = Time });
        Invariants = new Invariants(Observer);
        Group.OnCommitted = (index, entry) =>
        {
            Observer.Apply(index, entry.Term, new ReadOnlySequence<byte>(entry.Payload));
            Invariants.Check();
        };
        for (var i = 1; i <= managers; i++)
        {
            Managers.Add($"m{i}", new SimManager(this, $"m{i}"));
        }

        for (var i = 1; i <= agents; i++)
        {
            Agents.Add($"w{i:00}", new SimAgent(this, $"w{i:00}"));
        }
    }

    public SimGroup Group { get; }

    public SimTime Time => Group.Time;

    public IIdSource Ids { get; }

    public Keyring Keyring { get; } = Keyring.Generate();

    public SortedDictionary<string, SimManager> Managers { get; } = new(StringComparer.Ordinal);

    public SortedDictionary<string, SimAgent> Agents { get; } = new(StringComparer.Ordinal);

    /// <summary>A replica that applies every entry at the moment of its commit.</summary>
    public SwarmStore Observer { get; }

    public Invariants Invariants { get; }

    /// <summary>Brings up managers, the cluster's first objects and the agents.</summary>
    public async Task StartAsync()
    {
        foreach (var manager in Managers.Values)
        {
            manager.Start();
        }

        var result = await Managers["m1"].Store.CommitAsync(FirstObjects(), CancellationToken.None);
        Assert.True(result.IsCommitted, result.Outcome.ToString());
        foreach (var agent in Agents.Values)
        {
            agent.Start();
        }
    }

    /// <summary>A failure of this work fails the run.</summary>
    public void Watch(Task task) => _watched.Add(task);

    /// <summary>Throws what work in the background has thrown.</summary>
    public void ThrowIfFailed()
    {
        foreach (var failed in _watched.Where(t => t.IsFaulted))
        {
            failed.GetAwaiter().GetResult();
        }
    }

    public Task PauseAsync(double seconds) => Task.Delay(TimeSpan.FromSeconds(seconds), Time);

    private StoreTransaction FirstObjects()
    {
        var transaction = new StoreTransaction().Create(new Cluster
        {
            Id = "cluster",
            Spec = new ClusterSpec
            {
                Annotations = new Annotations { Name = "default" },
                Orchestration = new OrchestrationConfig { TaskHistoryRetentionLimit = 2 },
                Dispatcher = new DispatcherConfig { HeartbeatPeriod = Duration.FromTimeSpan(TimeSpan.FromSeconds(2)) },
            },
        });
        foreach (var (id, role) in Managers.Keys.Select(m => (m, NodeRole.Manager)).Concat(Agents.Keys.Select(a => (a, NodeRole.Worker))))
        {
            transaction.Create(new Node
            {
                Id = id,
                Role = role,
                Spec = new NodeSpec
                {
                    DesiredRole = role,
                    Membership = NodeSpec.Types.Membership.Accepted,
                    Availability = NodeSpec.Types.Availability.Active,
                },
                Status = new NodeStatus { State = NodeStatus.Types.State.Unknown },
            });
        }

        return transaction;
    }
}
