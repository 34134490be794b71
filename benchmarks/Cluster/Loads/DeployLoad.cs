using System.Diagnostics;
using SwarmOrleans.Benchmarks.ClusterLoad.Agents;
using SwarmOrleans.Benchmarks.ClusterLoad.Processes;
using SwarmOrleans.Benchmarks.ClusterLoad.Reporting;
using SwarmOrleans.Contracts;
using ControlClient = SwarmOrleans.Contracts.Control.ControlClient;

namespace SwarmOrleans.Benchmarks.ClusterLoad.Loads;

/// <summary>From the create of a service to all its tasks RUNNING, and from its removal to the last task gone.</summary>
internal static class DeployLoad
{
    private const int WarmUpTasks = 200;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public static async Task RunAsync(int managerCount, int agentCount, int tasks, int rounds, string disk, Report report)
    {
        using var directories = new LoadDirectories(disk);
        await using var managers = await ManagerProcesses.StartAsync(managerCount, directories.Disk);
        await DrainManagersAsync(managers);
        var idleRss = managers[0].RssMiB;
        await using var fleet = await AgentFleet.StartAsync(managers, agentCount, directories.Memory);
        using var channel = managers.Open(managers.Addresses[await managers.LeaderAsync()]);
        var control = new ControlClient(channel);

        // The first service pays for compiling the code: it is not measured.
        for (var i = 0; i < 5; i++)
        {
            await RoundAsync(control, managers, $"warm-{i}", WarmUpTasks);
        }

        report.Line($"{managerCount} managers, {agentCount} agents, {tasks} tasks; seconds from the create");
        report.Row("round", "create ms", "first", "half", "all", "removed", "mgr CPU ms/t");
        var results = new List<Round>();
        for (var i = 0; i < rounds; i++)
        {
            var round = await RoundAsync(control, managers, $"load-{i}", tasks);
            results.Add(round);
            report.Row(i + 1, round.CreateMs, round.First, round.Half, round.All, round.Removed, round.CpuMsPerTask);
        }

        var leader = managers[Math.Max(0, await managers.LeaderAsync())];
        var all = Report.Median(results.Select(r => r.All));
        report.Line($"median {all:F3} s, {tasks / all:F0} tasks/s, {Report.Median(results.Select(r => r.CpuMsPerTask)):F2} ms CPU of all managers a task, leader's memory {leader.RssMiB:F0} MiB ({idleRss:F0} MiB idle)");
        report.Line(Baseline(managerCount, tasks));
        report.Set("managers", managerCount);
        report.Set("agents", agentCount);
        report.Set("tasks", tasks);
        report.Set("secondsToRunning", all);
        report.Set("secondsToRunningMax", results.Max(r => r.All));
        report.Set("tasksPerSecond", tasks / all);
        report.Set("secondsToRemoved", Report.Median(results.Select(r => r.Removed)));
        report.Set("managerCpuMsPerTask", Report.Median(results.Select(r => r.CpuMsPerTask)));
        report.Set("managerRssMiB", leader.RssMiB);
        report.Set("managerIdleRssMiB", idleRss);
    }

    private static async Task<Round> RoundAsync(ControlClient control, ManagerProcesses managers, string name, int tasks)
    {
        var cpu = managers.CpuSeconds;
        var watch = Stopwatch.StartNew();
        var created = await control.CreateServiceAsync(new CreateServiceRequest { Spec = Spec(name, tasks) });
        var createMs = watch.Elapsed.TotalMilliseconds;
        double first = 0, half = 0;
        var pause = TimeSpan.FromMilliseconds(tasks > 100 ? 10 : 1);
        while (true)
        {
            var statuses = await control.ListServiceStatusesAsync(new ListServiceStatusesRequest { Services = { created.Service.Id } });
            var running = (int)statuses.Statuses[0].RunningTasks;
            var now = watch.Elapsed.TotalSeconds;
            first = first == 0 && running > 0 ? now : first;
            half = half == 0 && running * 2 >= tasks ? now : half;
            if (running >= tasks)
            {
                break;
            }

            if (watch.Elapsed > Patience)
            {
                throw new TimeoutException($"{running} of {tasks} tasks were running after {Patience}");
            }

            await Task.Delay(pause);
        }

        var all = watch.Elapsed.TotalSeconds;
        var spent = managers.CpuSeconds - cpu;
        var request = new ListTasksRequest { Filters = new ListTasksRequest.Types.Filters { ServiceIds = { created.Service.Id } } };
        watch.Restart();
        await control.RemoveServiceAsync(new RemoveServiceRequest { ServiceId = created.Service.Id });
        while ((await control.ListTasksAsync(request)).Tasks.Count > 0)
        {
            if (watch.Elapsed > Patience)
            {
                throw new TimeoutException($"tasks were left {Patience} after the removal of their service");
            }

            await Task.Delay(20);
        }

        return new Round(createMs, first, half, all, watch.Elapsed.TotalSeconds, spent * 1000 / tasks);
    }

    public static ServiceSpec Spec(string name, int tasks) => new()
    {
        Annotations = new Annotations { Name = name },
        Task = new TaskSpec { Container = new ContainerSpec { Image = "instant" } },
        Replicated = new ReplicatedService { Replicas = (ulong)tasks },
    };

    // Managers are nodes too; their process executors must not get tasks of an instant image.
    public static async Task DrainManagersAsync(ManagerProcesses managers)
    {
        using var channel = managers.Open(managers.Addresses[0]);
        var control = new ControlClient(channel);
        foreach (var node in (await control.ListNodesAsync(new ListNodesRequest())).Nodes)
        {
            await DrainAsync(control, node);
        }
    }

    private static async Task DrainAsync(ControlClient control, Node node)
    {
        while (true)
        {
            node.Spec.Availability = NodeSpec.Types.Availability.Drain;
            try
            {
                await control.UpdateNodeAsync(new UpdateNodeRequest { NodeId = node.Id, NodeVersion = node.Meta.Version, Spec = node.Spec });
                return;
            }
            catch (Grpc.Core.RpcException e) when (e.StatusCode == Grpc.Core.StatusCode.FailedPrecondition)
            {
                node = (await control.GetNodeAsync(new GetNodeRequest { NodeId = node.Id })).Node;
            }
        }
    }

    private static string Baseline(int managers, int tasks) => (managers, tasks) switch
    {
        (1, 1) => "SwarmKit, 1 manager, 50 agents: 0.21 s",
        (1, 100) => "SwarmKit, 1 manager, 50 agents: 0.35 s, 1.4 ms a task, 55 MiB",
        (1, 1000) => "SwarmKit, 1 manager, 50 agents: 1.35 s, 1.24 ms a task, 79 MiB",
        (1, 10_000) => "SwarmKit, 1 manager, 50 agents: 23.0 s, 3.15 ms a task, 374 MiB",
        (3, 1) => "SwarmKit, 3 managers, 50 agents: 0.21 s",
        (3, 100) => "SwarmKit, 3 managers, 50 agents: 0.38 s, 1.6 ms a task (leader), 59 MiB",
        (3, 1000) => "SwarmKit, 3 managers, 50 agents: 2.01 s, 1.40 ms a task (leader), 86 MiB",
        (3, 10_000) => "SwarmKit, 3 managers, 50 agents: 28.4 s, 3.10 ms a task (leader), 359 MiB",
        _ => "SwarmKit was not measured at this point",
    };

    private sealed record Round(double CreateMs, double First, double Half, double All, double Removed, double CpuMsPerTask);
}
