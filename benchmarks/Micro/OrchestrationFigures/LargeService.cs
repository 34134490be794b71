using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;
using SwarmOrleans.Orchestration;

namespace SwarmOrleans.Benchmarks.Micro.OrchestrationFigures;

/// <summary>One replicated service of many tasks on a hundred nodes.</summary>
internal sealed class LargeService
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch.AddYears(60);
    private readonly RandomIdSource _ids = new(new Random(1));
    private readonly List<Node> _nodes;
    private readonly Dictionary<string, Node> _nodesById;
    private readonly Service _service;

    public LargeService(int replicas)
    {
        _nodes = [.. Enumerable.Range(0, 100).Select(_ => new Node
        {
            Id = _ids.NewId(),
            Spec = new NodeSpec(),
            Status = new NodeStatus { State = NodeStatus.Types.State.Ready },
        })];
        _nodesById = _nodes.ToDictionary(n => n.Id);
        _service = new Service
        {
            Id = _ids.NewId(),
            SpecVersion = new ObjectVersion { Index = 7 },
            Spec = new ServiceSpec
            {
                Annotations = new Annotations { Name = "large" },
                Task = new TaskSpec { Container = new ContainerSpec { Image = "image" } },
                Replicated = new ReplicatedService { Replicas = (ulong)replicas },
            },
        };
    }

    public ServiceDecision Decide(IReadOnlyCollection<SwarmTask> tasks, ServiceProgress? progress = null) => ServiceReconciler.Reconcile(new ServiceInput
    {
        ServiceId = _service.Id,
        Service = _service,
        Progress = progress,
        Tasks = tasks,
        FindNode = id => _nodesById.GetValueOrDefault(id),
        AllNodes = () => _nodes,
        Now = Now,
        Ids = _ids,
    });

    public List<SwarmTask> RunningTasks()
    {
        var tasks = new List<SwarmTask>();
        foreach (var created in Decide([]).Create)
        {
            created.NodeId = _nodes[tasks.Count % _nodes.Count].Id;
            created.Status = new SwarmTaskStatus { State = TaskState.Running, Timestamp = Timestamp.FromDateTimeOffset(Now) };
            tasks.Add(created);
        }

        return tasks;
    }
}
