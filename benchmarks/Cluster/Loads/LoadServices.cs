using System.Diagnostics;
using SwarmOrleans.Benchmarks.ClusterLoad.Processes;
using SwarmOrleans.Contracts;
using ControlClient = SwarmOrleans.Contracts.Control.ControlClient;

namespace SwarmOrleans.Benchmarks.ClusterLoad.Loads;

/// <summary>What the loads do with services, through the control API as any user would.</summary>
internal static class LoadServices
{
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private const int Many = 100;

    public static ServiceSpec Spec(string name, int tasks) => new()
    {
        Annotations = new Annotations { Name = name },
        Task = new TaskSpec { Container = new ContainerSpec { Image = "instant" } },
        Replicated = new ReplicatedService { Replicas = (ulong)tasks },
        Update = new UpdateConfig { Parallelism = 0 },
    };

    /// <summary>Managers are nodes too; their process executors must not get tasks of an instant image.</summary>
    public static async Task DrainManagersAsync(ManagerProcesses managers)
    {
        using var channel = managers.Open(managers.Addresses[0]);
        var control = new ControlClient(channel);
        foreach (var node in (await control.ListNodesAsync(new ListNodesRequest())).Nodes)
        {
            await SetAvailabilityAsync(control, node.Id, NodeSpec.Types.Availability.Drain);
        }
    }

    public static async Task SetAvailabilityAsync(ControlClient control, string nodeId, NodeSpec.Types.Availability availability)
    {
        while (true)
        {
            var node = (await control.GetNodeAsync(new GetNodeRequest { NodeId = nodeId })).Node;
            node.Spec.Availability = availability;
            try
            {
                await control.UpdateNodeAsync(new UpdateNodeRequest { NodeId = node.Id, NodeVersion = node.Meta.Version, Spec = node.Spec });
                return;
            }
            catch (Grpc.Core.RpcException e) when (e.StatusCode == Grpc.Core.StatusCode.FailedPrecondition)
            {
                // It has been changed meanwhile.
            }
        }
    }

    /// <summary>Waits until that many tasks of the service are running.</summary>
    public static async Task<(double First, double Half, double All)> RunningAsync(ControlClient control, string serviceId, int tasks, Stopwatch watch)
    {
        double first = 0, half = 0;
        while (true)
        {
            var statuses = await control.ListServiceStatusesAsync(new ListServiceStatusesRequest { Services = { serviceId } });
            var running = (int)statuses.Statuses[0].RunningTasks;
            var now = watch.Elapsed.TotalSeconds;
            first = first == 0 && running > 0 ? now : first;
            half = half == 0 && running * 2 >= tasks ? now : half;
            if (running >= tasks)
            {
                return (first, half, now);
            }

            await PauseAsync(tasks, watch, $"{running} of {tasks} tasks were running");
        }
    }

    /// <summary>Waits until the node has no task left that runs or has yet to.</summary>
    public static async Task LeftAsync(ControlClient control, string nodeId, int tasks, Stopwatch watch)
    {
        while (true)
        {
            var left = (await TasksOfNodeAsync(control, nodeId)).Count(t => t.Status.State <= TaskState.Running);
            if (left == 0)
            {
                return;
            }

            await PauseAsync(tasks, watch, $"{left} tasks were left on {nodeId}");
        }
    }

    public static async Task<IReadOnlyList<SwarmTask>> TasksOfNodeAsync(ControlClient control, string nodeId) =>
        (await control.ListTasksAsync(new ListTasksRequest { Filters = new ListTasksRequest.Types.Filters { NodeIds = { nodeId } } })).Tasks;

    /// <summary>Removes the service and waits for its last task to go; returns the seconds it took.</summary>
    public static async Task<double> RemoveAsync(ControlClient control, string serviceId, int tasks)
    {
        var watch = Stopwatch.StartNew();
        var request = new ListTasksRequest { Filters = new ListTasksRequest.Types.Filters { ServiceIds = { serviceId } } };
        await control.RemoveServiceAsync(new RemoveServiceRequest { ServiceId = serviceId });
        while (true)
        {
            var left = (await control.ListTasksAsync(request)).Tasks.Count;
            if (left == 0)
            {
                return watch.Elapsed.TotalSeconds;
            }

            await PauseAsync(left, watch, $"{left} tasks were left of a removed service");
        }
    }

    // To look costs the managers what the service has of tasks: the driver must not be the load.
    private static Task PauseAsync(int tasks, Stopwatch watch, string state) => watch.Elapsed < Patience
        ? Task.Delay(tasks > 10 * Many ? 30 : tasks > Many ? 10 : 1)
        : throw new TimeoutException($"{state} after {Patience}");
}
