using System.Diagnostics;
using Grpc.Core;
using SwarmOrleans.Benchmarks.ClusterLoad.Agents;
using SwarmOrleans.Benchmarks.ClusterLoad.Processes;
using SwarmOrleans.Benchmarks.ClusterLoad.Reporting;
using SwarmOrleans.Contracts;
using ControlClient = SwarmOrleans.Contracts.Control.ControlClient;

namespace SwarmOrleans.Benchmarks.ClusterLoad.Loads;

/// <summary>The leader is killed; when is a write accepted again, and did any task or node suffer.</summary>
internal static class FailoverLoad
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(5);

    public static async Task RunAsync(int managerCount, int agentCount, int tasks, int rounds, string disk, Report report)
    {
        using var directories = new LoadDirectories(disk);
        await using var managers = await ManagerProcesses.StartAsync(managerCount, directories.Disk);
        await LoadServices.DrainManagersAsync(managers);
        await using var fleet = await AgentFleet.StartAsync(managers, agentCount, directories.Memory);
        using (var channel = managers.Open(managers.Addresses[0]))
        {
            await new ControlClient(channel).CreateServiceAsync(new CreateServiceRequest { Spec = LoadServices.Spec("steady", tasks) });
        }

        await Task.Delay(Settle);
        var before = await RunningAsync(managers, -1);
        report.Line($"{managerCount} managers, {agentCount} agents, {before.Count} tasks running; kill -9 of the leader");
        report.Row("round", "write s", "tasks moved", "nodes down");
        var writes = new List<double>();
        var (moved, down) = (0, 0);
        for (var round = 1; round <= rounds; round++)
        {
            var killed = await managers.LeaderAsync();
            await managers[killed].KillAsync();
            var seconds = await WriteAsync(managers, killed, $"after-{round}");
            writes.Add(seconds);
            await Task.Delay(Settle);
            var after = await RunningAsync(managers, killed);
            var nodes = await DownAsync(managers, killed);
            moved += before.Except(after).Count();
            down += nodes;
            report.Row(round, seconds, before.Except(after).Count(), nodes);
            managers.Restart(killed);
            await managers.ReadyAsync();
        }

        report.Line($"write accepted again: median {Report.Median(writes):F2} s, longest {writes.Max():F2} s (SwarmKit 10 to 25 s, etcd 1.1 to 2.1 s)");
        report.Set("failoverWriteP50Seconds", Report.Median(writes));
        report.Set("failoverWriteMaxSeconds", writes.Max());
        report.Set("tasksMoved", moved);
        report.Set("nodesDown", down);
    }

    // One client per surviving manager: a user's would be with one of them.
    private static async Task<double> WriteAsync(ManagerProcesses managers, int killed, string name)
    {
        var watch = Stopwatch.StartNew();
        var survivor = (killed + 1) % managers.Addresses.Count;
        using var channel = managers.Open(managers.Addresses[survivor]);
        while (watch.Elapsed < Patience)
        {
            try
            {
                await new ControlClient(channel).CreateServiceAsync(
                    new CreateServiceRequest { Spec = LoadServices.Spec(name, 0) }, deadline: DateTime.UtcNow + Patience);
                return watch.Elapsed.TotalSeconds;
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.AlreadyExists)
            {
                return watch.Elapsed.TotalSeconds;
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.Unavailable)
            {
                await Task.Delay(10);
            }
        }

        throw new TimeoutException($"no write was accepted within {Patience}");
    }

    private static async Task<HashSet<string>> RunningAsync(ManagerProcesses managers, int dead)
    {
        using var channel = managers.Open(managers.Addresses[(dead + 1) % managers.Addresses.Count]);
        var tasks = await new ControlClient(channel).ListTasksAsync(new ListTasksRequest());
        return [.. tasks.Tasks.Where(t => t.Status.State == TaskState.Running && t.DesiredState == TaskState.Running).Select(t => t.Id)];
    }

    private static async Task<int> DownAsync(ManagerProcesses managers, int dead)
    {
        using var channel = managers.Open(managers.Addresses[(dead + 1) % managers.Addresses.Count]);
        var nodes = await new ControlClient(channel).ListNodesAsync(new ListNodesRequest());
        return nodes.Nodes.Count(n => n.ManagerStatus is null && n.Status.State == NodeStatus.Types.State.Down);
    }
}
