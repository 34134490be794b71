using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;
using SwarmOrleans.Store;

namespace SwarmOrleans.Benchmarks.Micro.StoreFigures;

/// <summary>A store with services of 1,000 running tasks each, spread over nodes.</summary>
internal sealed class Samples : IAsyncDisposable
{
    public const int Nodes = 1000;
    private const int TasksPerService = 1000;
    private const int Batch = 500;

    public Samples()
    {
        Store = new SwarmStore(Options("bench", Keys));
        Log = new InstantLog(Store);
        Store.Attach(Log);
    }

    public SwarmStore Store { get; }

    public InstantLog Log { get; }

    public Keyring Keys { get; } = Keyring.Generate();

    public static string TaskId(int i) => $"task{i:d21}";

    public static string NodeId(int i) => $"node{i:d21}";

    public static string ServiceId(int i) => $"svc{i:d22}";

    public static SwarmStoreOptions Options(string id, Keyring keys) => new() { ManagerId = id, BootId = "boot", Keyring = keys };

    public async Task FillAsync(int tasks)
    {
        var nodes = new StoreTransaction();
        for (var i = 0; i < Nodes; i++)
        {
            nodes.Create(new Node { Id = NodeId(i), Status = new NodeStatus { State = NodeStatus.Types.State.Ready } });
            nodes.Create(new NodeSession { Id = NodeId(i), SessionId = "s", ManagerId = "bench" });
        }

        await CommitAsync(nodes);
        for (var from = 0; from < tasks; from += Batch)
        {
            var transaction = new StoreTransaction();
            if (from % TasksPerService == 0)
            {
                transaction.Create(Service(from / TasksPerService));
            }

            for (var i = from; i < Math.Min(tasks, from + Batch); i++)
            {
                transaction.Create(NewTask(i, Service(i / TasksPerService)));
            }

            await CommitAsync(transaction);
        }
    }

    /// <summary>One report of a node, as its agent sends it when the task runs.</summary>
    public Task<CommitResult> ReportAsync(int task) =>
        Store.ReportStatusAsync(NodeId(task % Nodes), "s", [new TaskStatusReport(TaskId(task), Running(task))], CancellationToken.None).AsTask();

    /// <summary>The reports of all tasks, a node's together.</summary>
    public async Task ReportAllAsync(int tasks)
    {
        var reports = Enumerable.Range(0, Nodes).Select(node => Store.ReportStatusAsync(
            NodeId(node),
            "s",
            [.. Enumerable.Range(0, (tasks - node + Nodes - 1) / Nodes).Select(n => node + (n * Nodes)).Select(i => new TaskStatusReport(TaskId(i), Running(i)))],
            CancellationToken.None).AsTask());
        await Task.WhenAll(reports);
    }

    public async Task CommitAsync(StoreTransaction transaction)
    {
        var result = await Store.CommitAsync(transaction, CancellationToken.None);
        if (!result.IsCommitted)
        {
            throw new InvalidOperationException(result.Conflict?.Message ?? result.Outcome.ToString());
        }
    }

    public ValueTask DisposeAsync() => Store.DisposeAsync();

    private static SwarmTaskStatus Running(int i) => new()
    {
        State = TaskState.Running,
        Message = "started",
        Timestamp = new Timestamp { Seconds = 1_800_000_000 + i },
        Container = new ContainerStatus { ContainerId = $"{i:x64}", Pid = 1000 + (i % 30_000) },
    };

    private static Service Service(int i) => new()
    {
        Id = ServiceId(i),
        Spec = new ServiceSpec
        {
            Annotations = new Annotations { Name = "web" + i.ToString(CultureInfo.InvariantCulture) },
            Task = new TaskSpec { Container = new ContainerSpec { Image = "redis:3.0.5", Env = { "A=1", "B=2" } } },
        },
    };

    private static SwarmTask NewTask(int i, Service service) => new()
    {
        Id = TaskId(i),
        ServiceId = service.Id,
        Slot = (ulong)(i % TasksPerService) + 1,
        NodeId = NodeId(i % Nodes),
        Spec = service.Spec.Task,
        ServiceAnnotations = service.Spec.Annotations,
        SpecVersion = new ObjectVersion { Index = 1 },
        Status = new SwarmTaskStatus { State = TaskState.Assigned, Message = "scheduler assigned task to node", Timestamp = new Timestamp { Seconds = 1_800_000_000 } },
        DesiredState = TaskState.Running,
    };
}
