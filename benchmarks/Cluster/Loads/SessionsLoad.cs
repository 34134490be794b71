using System.Diagnostics;
using SwarmOrleans.Benchmarks.ClusterLoad.Agents;
using SwarmOrleans.Benchmarks.ClusterLoad.Processes;
using SwarmOrleans.Benchmarks.ClusterLoad.Reporting;

namespace SwarmOrleans.Benchmarks.ClusterLoad.Loads;

/// <summary>Many idle agents: joins a second, processor time and memory of the managers for each session.</summary>
internal static class SessionsLoad
{
    public static async Task RunAsync(int managerCount, int agentCount, double seconds, string disk, Report report)
    {
        using var directories = new LoadDirectories(disk);
        await using var managers = await ManagerProcesses.StartAsync(managerCount, directories.Disk);
        var idle = Memory(managers);
        var joining = Stopwatch.StartNew();
        await using var fleet = await AgentFleet.StartAsync(managers, agentCount, directories.Memory);
        var joined = joining.Elapsed.TotalSeconds;
        await Task.Delay(TimeSpan.FromSeconds(5));
        var cpu = managers.CpuSeconds;
        await Task.Delay(TimeSpan.FromSeconds(seconds));
        var share = (managers.CpuSeconds - cpu) / seconds;
        var memory = (Memory(managers) - idle) / agentCount;
        report.Line($"{agentCount} sessions on {managerCount} managers: {agentCount / joined:F0} joins/s, {share:P1} of a core, {memory:F3} MiB a session");
        report.Line("SwarmKit, 1 manager: 45 to 78 joins/s, 32 % of a core at 3 000 sessions, 0.25 MiB a session");
        report.Set("sessions", agentCount);
        report.Set("joinsPerSecond", agentCount / joined);
        report.Set("managerCores", share);
        report.Set("managerMiBPerSession", memory);
    }

    private static double Memory(ManagerProcesses managers) => Enumerable.Range(0, managers.Addresses.Count).Sum(i => managers[i].RssMiB);
}
