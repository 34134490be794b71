using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;
using SwarmOrleans.Orchestration;

namespace SwarmOrleans.Tests.Unit.Orchestration;

/// <summary>One service, its tasks and nodes in virtual time, with a scheduler and agents that do what a test tells them.</summary>
internal sealed class ServiceWorld
{
    private readonly RandomIdSource _ids = new(new Random(1));
    private readonly Dictionary<string, SwarmTask> _tasks = [];
    private ulong _version;
    private int _made;

    public ServiceWorld(ulong replicas = 1, int nodes = 2, Action<ServiceSpec>? configure = null)
    {
        for (var i = 1; i <= nodes; i++)
        {
            AddNode($"n{i}");
        }

        var spec = new ServiceSpec
        {
            Annotations = new Annotations { Name = "web" },
            Task = new TaskSpec { Container = new ContainerSpec { Image = "v1" } },
            Replicated = new ReplicatedService { Replicas = replicas },
        };
        configure?.Invoke(spec);
        Service = new Service { Id = "svc", Spec = spec, SpecVersion = Next() };
    }

    public Service? Service { get; private set; }

    public ServiceProgress? Progress { get; private set; }

    public Cluster Cluster { get; } = new() { Spec = new ClusterSpec { Orchestration = new OrchestrationConfig { TaskHistoryRetentionLimit = 5 } } };

    public Dictionary<string, Node> Nodes { get; } = [];

    public DateTimeOffset Now { get; private set; } = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public DateTimeOffset? WakeAt { get; private set; }

    /// <summary>How far agents take a task that is meant to run; by default to RUNNING.</summary>
    public Func<SwarmTask, TaskState> Agent { get; set; } = _ => TaskState.Running;

    /// <summary>False for tasks that no node is free for.</summary>
    public Func<SwarmTask, bool> CanPlace { get; set; } = _ => true;

    /// <summary>False for a service that an old manager made: its spec has no version.</summary>
    public bool HasVersions { get; init; } = true;

    /// <summary>False while agents ignore the wish to stop.</summary>
    public bool StopsTasks { get; set; } = true;

    /// <summary>Called after each step.</summary>
    public Action<ServiceWorld>? Invariant { get; set; }

    public IReadOnlyList<SwarmTask> Tasks => [.. _tasks.Values.OrderBy(t => t.Slot).ThenBy(t => t.StateTime())];

    public IReadOnlyList<SwarmTask> Wanted => [.. Tasks.Where(t => t.IsWanted())];

    public IReadOnlyList<SwarmTask> Running => [.. Tasks.Where(t => t.Observed() == TaskState.Running)];

    public void AddNode(string id) => Nodes[id] = new Node
    {
        Id = id,
        Spec = new NodeSpec { Availability = NodeSpec.Types.Availability.Active },
        Status = new NodeStatus { State = NodeStatus.Types.State.Ready },
        Description = new NodeDescription { Hostname = id, Resources = new Resources { NanoCpus = 4_000_000_000, MemoryBytes = 8L << 30 } },
    };

    /// <summary>A world whose service has the mode that <paramref name="configure"/> sets.</summary>
    public static ServiceWorld Of(Action<ServiceSpec> configure, int nodes = 3) => new(replicas: 0, nodes, configure);

    public void Update(Action<ServiceSpec> change)
    {
        var next = Service!.Clone();
        next.PreviousSpec = Service.Spec;
        next.PreviousSpecVersion = Service.SpecVersion;
        change(next.Spec);
        next.SpecVersion = Next();
        next.UpdateStatus = null;
        if (next.IsJob())
        {
            next.JobStatus = new JobStatus { JobIteration = new ObjectVersion { Index = Service.Iteration() + 1 } };
        }

        Service = next;
    }

    /// <summary>Goes back as the control API does on request (API-21).</summary>
    public void RollBack()
    {
        var next = Service!.Clone();
        (next.Spec, next.PreviousSpec) = (next.PreviousSpec, next.Spec);
        (next.SpecVersion, next.PreviousSpecVersion) = (next.PreviousSpecVersion, next.SpecVersion);
        next.UpdateStatus = new UpdateStatus { State = UpdateStatus.Types.UpdateState.RollbackStarted };
        Service = next;
    }

    /// <summary>Puts a changed service in the place of the present one.</summary>
    public void Put(Service? service) => Service = service ?? throw new InvalidOperationException("nothing to put");

    public void RemoveService() => Service = null;

    public void RequestRemoval()
    {
        Service = Service!.Clone();
        Service.PendingDelete = true;
    }

    /// <summary>Another manager decides from here on; it has nothing but what is stored.</summary>
    public void FailOver()
    {
        Service = Service is null ? null : Service.Parser.ParseFrom(Service.ToByteArray());
        Progress = Progress is null ? null : ServiceProgress.Parser.ParseFrom(Progress.ToByteArray());
    }

    public void Drain(string node, bool force = false)
    {
        var changed = Nodes[node].Clone();
        changed.Spec.Availability = NodeSpec.Types.Availability.Drain;
        changed.Spec.ForceDrain = force;
        Nodes[node] = changed;
    }

    public void SetAvailability(string node, NodeSpec.Types.Availability availability) => Nodes[node].Spec.Availability = availability;

    public void SetNodeState(string node, NodeStatus.Types.State state) => Nodes[node].Status.State = state;

    /// <summary>A task that was there before; made from the present spec unless <paramref name="configure"/> changes it.</summary>
    public SwarmTask Add(TaskState desired, TaskState observed, string node = "", ulong slot = 0, Action<SwarmTask>? configure = null)
    {
        var task = SwarmOrleans.Orchestration.TaskFactory.Create(Service!, Cluster, new SlotKey(slot, node), desired, _ids.NewId(), Timestamp.FromDateTimeOffset(Now));
        task.Spec = task.Spec.Clone();
        task.Status = new SwarmTaskStatus { State = observed, Timestamp = Timestamp.FromDateTimeOffset(Now) };
        configure?.Invoke(task);
        _tasks.Add(task.Id, task);
        return task;
    }

    public SwarmTask Fresh(SwarmTask task) => _tasks[task.Id];

    public bool Has(SwarmTask task) => _tasks.ContainsKey(task.Id);

    public void SetState(SwarmTask task, TaskState state)
    {
        var changed = _tasks[task.Id].Clone();
        changed.Status = new SwarmTaskStatus { State = state, Timestamp = Timestamp.FromDateTimeOffset(Now), AppliedAt = Timestamp.FromDateTimeOffset(Now) };
        _tasks[task.Id] = changed;
    }

    public void Delete(SwarmTask task) => _tasks.Remove(task.Id);

    /// <summary>Decides once and applies it.</summary>
    public ServiceDecision Step()
    {
        var decision = ServiceReconciler.Reconcile(new ServiceInput
        {
            ServiceId = "svc",
            Service = Service,
            Progress = Progress,
            Cluster = Cluster,
            Tasks = [.. _tasks.Values],
            FindNode = id => Nodes.GetValueOrDefault(id),
            AllNodes = () => Nodes.Values,
            TasksOnNode = id => _tasks.Values.Where(t => t.NodeId == id),
            Now = Now,
            Ids = _ids,
        });
        foreach (var task in decision.Create)
        {
            // As the store does; no two are made at the very same time.
            task.Meta = new Meta { CreatedAt = Timestamp.FromDateTimeOffset(Now + TimeSpan.FromMicroseconds(_made++)) };
        }

        foreach (var task in decision.Create.Concat(decision.Update))
        {
            _tasks[task.Id] = task;
        }

        foreach (var task in decision.Remove)
        {
            Assert.True(_tasks.Remove(task.Id));
        }

        Service = decision.RemovesService ? null : decision.Service ?? Service;
        Progress = decision.Progress;
        WakeAt = decision.WakeAt;
        Invariant?.Invoke(this);
        return decision;
    }

    /// <summary>Places and runs tasks; returns false when nothing moved.</summary>
    public bool Act()
    {
        var moved = false;
        foreach (var task in Tasks)
        {
            var state = task.Observed();
            if (task.NodeId.Length > 0 && state < TaskState.Assigned && task.IsWanted())
            {
                if (TaskFacts.IsOpen(Nodes.GetValueOrDefault(task.NodeId)) && CanPlace(task))
                {
                    SetState(task, TaskState.Assigned);
                    moved = true;
                }
            }
            else if (task.NodeId.Length == 0 && state < TaskState.Assigned && task.IsWanted() && CanPlace(task))
            {
                var node = Nodes.Values.Where(n => !TaskFacts.IsInvalid(n) && n.Spec.Availability == NodeSpec.Types.Availability.Active)
                    .OrderBy(n => _tasks.Values.Count(t => t.NodeId == n.Id && t.IsWanted())).ThenBy(n => n.Id, StringComparer.Ordinal).FirstOrDefault();
                if (node is not null)
                {
                    _tasks[task.Id] = task.Clone();
                    _tasks[task.Id].NodeId = node.Id;
                    SetState(task, TaskState.Assigned);
                    moved = true;
                }
            }
            else if (task.NodeId.Length > 0 && !task.HasEnded() && !TaskFacts.IsDown(Nodes.GetValueOrDefault(task.NodeId)))
            {
                var goal = task.DesiredState switch
                {
                    TaskState.Ready => Min(TaskState.Ready, Agent(task)),
                    TaskState.Running or TaskState.Complete => Agent(task),
                    _ => StopsTasks ? TaskState.Shutdown : state,
                };
                if (goal > state)
                {
                    SetState(task, goal);
                    moved = true;
                }
            }
        }

        return moved;
    }

    /// <summary>Steps until nothing moves without time passing.</summary>
    public void Settle()
    {
        for (var i = 0; i < 1000; i++)
        {
            var decision = Step();
            if (!Act() && decision.IsEmpty)
            {
                return;
            }
        }

        throw new InvalidOperationException("it does not settle");
    }

    public void Advance(TimeSpan time)
    {
        Now += time;
        Settle();
    }

    /// <summary>Lets time pass until nobody waits for it any more.</summary>
    public void Finish(TimeSpan limit)
    {
        var end = Now + limit;
        Settle();
        while (WakeAt is { } at && at <= end)
        {
            Now = at > Now ? at : Now;
            Settle();
        }
    }

    private static TaskState Min(TaskState a, TaskState b) => a < b ? a : b;

    private ObjectVersion? Next() => HasVersions ? new ObjectVersion { Index = ++_version } : null;
}
