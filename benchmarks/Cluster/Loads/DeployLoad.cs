using System.Diagnostics;
using SwarmOrleans.Benchmarks.ClusterLoad.Agents;
using SwarmOrleans.Benchmarks.ClusterLoad.Processes;
using SwarmOrleans.Benchmarks.ClusterLoad.Reporting;
using SwarmOrleans.Contracts;
using ControlClient = SwarmOrleans.Contracts.Control.ControlClient;

namespace SwarmOrleans.Benchmarks.ClusterLoad.Loads;

/// <summary>From the create of a service to all its tasks RUNNING; from the drain of a node to its tasks RUNNING elsewhere; and from the removal to the last task gone.</summary>
internal static class DeployLoad
{
    private const int WarmUps = 5;
    private const int MaxWarmUpTasks = 1000;

    public static async Task RunAsync(int managerCount, int agentCount, int tasks, int rounds, string disk, Report report)
    {
        using var directories = new LoadDirectories(disk);
        await using var managers = await ManagerProcesses.StartAsync(managerCount, directories.Disk);
        await LoadServices.DrainManagersAsync(managers);
        var emptyRss = managers[0].RssMiB;
        await using var fleet = await AgentFleet.StartAsync(managers, agentCount, directories.Memory);
        var leader = managers[Math.Max(0, await managers.LeaderAsync())];
        using var channel = managers.Open(managers.Addresses[await managers.LeaderAsync()]);
        var control = new ControlClient(channel);

        // The first services pay for compiling the code: a manager that has worked for a minute is measured.
        for (var i = 0; i < WarmUps; i++)
        {
            await RoundAsync(control, managers, leader, $"warm-{i}", Math.Clamp(tasks, 200, MaxWarmUpTasks));
        }

        report.Line($"{managerCount} managers, {agentCount} agents, {tasks} tasks; seconds from the create, from the drain of one node, from the removal; memory and CPU of the leader and of all managers");
        report.Row("round", "create ms", "first", "half", "all", "drained", "removed", "leader ms/t", "all ms/t", "leader MiB");
        var results = new List<Round>();
        for (var i = 0; i < rounds; i++)
        {
            var round = await RoundAsync(control, managers, leader, $"load-{i}", tasks);
            results.Add(round);
            report.Row(i + 1, round.CreateMs, round.First, round.Half, round.All, round.Drained, round.Removed, round.LeaderCpuMs, round.CpuMs, round.LeaderMiB);
        }

        Sum(results, managerCount, agentCount, tasks, emptyRss, report);
    }

    private static void Sum(List<Round> results, int managerCount, int agentCount, int tasks, double emptyRss, Report report)
    {
        double Median(Func<Round, double> of) => Report.Median(results.Select(of));
        var all = Median(r => r.All);
        report.Line($"median {all:F3} s, {tasks / all:F0} tasks/s; CPU a task: leader {Median(r => r.LeaderCpuMs):F2} ms, all managers {Median(r => r.CpuMs):F2} ms; leader's memory with the tasks running {results[0].LeaderMiB:F0} MiB at first, {results.Max(r => r.LeaderMiB):F0} MiB at most ({emptyRss:F0} MiB before the agents joined); drained in {Median(r => r.Drained):F2} s, removed in {Median(r => r.Removed):F2} s");
        report.Line(Baseline(managerCount, tasks));
        report.Set("managers", managerCount);
        report.Set("agents", agentCount);
        report.Set("tasks", tasks);
        report.Set("secondsToRunning", all);
        report.Set("secondsToRunningMax", results.Max(r => r.All));
        report.Set("tasksPerSecond", tasks / all);
        report.Set("secondsToDrained", Median(r => r.Drained));
        report.Set("secondsToRemoved", Median(r => r.Removed));
        report.Set("leaderCpuMsPerTask", Median(r => r.LeaderCpuMs));
        report.Set("managerCpuMsPerTask", Median(r => r.CpuMs));
        report.Set("managerRssMiB", results[0].LeaderMiB);
        report.Set("managerRssMaxMiB", results.Max(r => r.LeaderMiB));
        report.Set("managerIdleRssMiB", emptyRss);
    }

    private static async Task<Round> RoundAsync(ControlClient control, ManagerProcesses managers, ChildProcess leader, string name, int tasks)
    {
        var (cpu, leaderCpu) = (managers.CpuSeconds, leader.CpuSeconds);
        var watch = Stopwatch.StartNew();
        var created = await control.CreateServiceAsync(new CreateServiceRequest { Spec = LoadServices.Spec(name, tasks) });
        var id = created.Service.Id;
        var createMs = watch.Elapsed.TotalMilliseconds;
        var (first, half, all) = await LoadServices.RunningAsync(control, id, tasks, watch);
        var (spent, leaderSpent, rss) = (managers.CpuSeconds - cpu, leader.CpuSeconds - leaderCpu, leader.RssMiB);
        var drained = await DrainAsync(control, id, tasks);
        var removed = await LoadServices.RemoveAsync(control, id, tasks);
        return new Round(createMs, first, half, all, drained, removed, leaderSpent * 1000 / tasks, spent * 1000 / tasks, rss);
    }

    // One node that has tasks of the service; it is active again afterwards.
    private static async Task<double> DrainAsync(ControlClient control, string serviceId, int tasks)
    {
        var nodes = (await control.ListNodesAsync(new ListNodesRequest())).Nodes;
        var node = nodes.First(n => n.ManagerStatus is null);
        var watch = Stopwatch.StartNew();
        await LoadServices.SetAvailabilityAsync(control, node.Id, NodeSpec.Types.Availability.Drain);
        await LoadServices.LeftAsync(control, node.Id, tasks, watch);
        var (_, _, seconds) = await LoadServices.RunningAsync(control, serviceId, tasks, watch);
        await LoadServices.SetAvailabilityAsync(control, node.Id, NodeSpec.Types.Availability.Active);
        return seconds;
    }

    private static string Baseline(int managers, int tasks) => (managers, tasks) switch
    {
        (1, 1) => "SwarmKit, 1 manager, 50 agents: 0.21 s, removed in 0.31 s",
        (1, 100) => "SwarmKit, 1 manager, 50 agents: 0.35 s, 1.4 ms a task, 55 MiB; drained in 0.43 s, removed in 0.62 s",
        (1, 1000) => "SwarmKit, 1 manager, 50 agents: 1.35 s, 1.24 ms a task, 79 MiB; drained in 0.44 s, removed in 1.38 s",
        (1, 10_000) => "SwarmKit, 1 manager, 50 agents: 23.0 s, 3.15 ms a task, 374 MiB; drained in 33.4 s, removed in 12.4 s",
        (3, 1) => "SwarmKit, 3 managers, 50 agents: 0.21 s, removed in 0.31 s",
        (3, 100) => "SwarmKit, 3 managers, 50 agents: 0.38 s, 1.6 ms a task (leader), 59 MiB; drained in 0.44 s, removed in 0.62 s",
        (3, 1000) => "SwarmKit, 3 managers, 50 agents: 2.01 s, 1.40 ms a task (leader), 86 MiB; drained in 0.44 s, removed in 1.40 s",
        (3, 10_000) => "SwarmKit, 3 managers, 50 agents: 28.4 s, 3.10 ms a task (leader), 359 MiB; drained in 29.2 s, removed in 22.2 s",
        _ => "SwarmKit was not measured at this point",
    };

    private sealed record Round(
        double CreateMs, double First, double Half, double All, double Drained, double Removed, double LeaderCpuMs, double CpuMs, double LeaderMiB);
}
