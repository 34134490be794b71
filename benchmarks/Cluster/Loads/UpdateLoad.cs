using System.Diagnostics;
using Grpc.Core;
using SwarmOrleans.Benchmarks.ClusterLoad.Agents;
using SwarmOrleans.Benchmarks.ClusterLoad.Processes;
using SwarmOrleans.Benchmarks.ClusterLoad.Reporting;
using SwarmOrleans.Contracts;
using ControlClient = SwarmOrleans.Contracts.Control.ControlClient;
using WatchClient = SwarmOrleans.Contracts.Watch.WatchClient;

namespace SwarmOrleans.Benchmarks.ClusterLoad.Loads;

/// <summary>
/// A rolling update, one task at a time and without a pause, from the update to its end. The watch of the tasks shows that no step is skipped:
/// every slot gets a new task of the new spec, and never more than one is without a running task.
/// </summary>
internal static class UpdateLoad
{
    public static async Task RunAsync(int managerCount, int agentCount, int tasks, int rounds, string disk, Report report)
    {
        using var directories = new LoadDirectories(disk);
        await using var managers = await ManagerProcesses.StartAsync(managerCount, directories.Disk);
        await LoadServices.DrainManagersAsync(managers);
        await using var fleet = await AgentFleet.StartAsync(managers, agentCount, directories.Memory);
        using var channel = managers.Open(managers.Addresses[await managers.LeaderAsync()]);
        var control = new ControlClient(channel);
        var created = await control.CreateServiceAsync(new CreateServiceRequest { Spec = Spec("rolling", tasks, 0) });
        await LoadServices.RunningAsync(control, created.Service.Id, tasks, Stopwatch.StartNew());
        report.Line($"{managerCount} managers, {agentCount} agents; rolling update of {tasks} tasks, parallelism 1, no delay, no monitor");
        report.Row("round", "seconds", "ms a task", "tasks started", "most down");
        var seconds = new List<double>();
        var mostDown = 0;
        for (var round = 0; round <= rounds; round++)
        {
            var result = await RoundAsync(control, new WatchClient(channel), created.Service.Id, tasks, round + 1);
            if (round > 0)
            {
                seconds.Add(result.Seconds);
                mostDown = Math.Max(mostDown, result.MostDown);
                report.Row(round, result.Seconds, result.Seconds * 1000 / tasks, result.Started, result.MostDown);
            }
        }

        report.Line($"median {Report.Median(seconds):F2} s; SwarmKit 42.0 s for 100 tasks, 420 ms a task");
        report.Set("tasks", tasks);
        report.Set("secondsToUpdated", Report.Median(seconds));
        report.Set("mostTasksDown", mostDown);
    }

    private static async Task<(double Seconds, int Started, int MostDown)> RoundAsync(ControlClient control, WatchClient watcher, string id, int tasks, int round)
    {
        var service = (await control.GetServiceAsync(new GetServiceRequest { ServiceId = id })).Service;
        var running = await RunningAsync(control, id);
        var begin = service.Meta.Version.Index;
        using var changes = watcher.Watch(new WatchRequest
        {
            Entries =
            {
                new WatchRequest.Types.WatchEntry { Kind = "task", Action = WatchActionKind.WatchActionCreate | WatchActionKind.WatchActionUpdate },
                new WatchRequest.Types.WatchEntry { Kind = "service", Action = WatchActionKind.WatchActionUpdate },
            },
        });
        await changes.ResponseStream.MoveNext();
        var watch = Stopwatch.StartNew();
        await control.UpdateServiceAsync(new UpdateServiceRequest
        {
            ServiceId = id,
            ServiceVersion = service.Meta.Version,
            Spec = Spec("rolling", tasks, round),
        });
        var started = new HashSet<string>();
        var mostDown = 0;
        while (await changes.ResponseStream.MoveNext())
        {
            foreach (var changed in changes.ResponseStream.Current.Events.Select(e => e.Object))
            {
                if (changed.Task is { } task && task.ServiceId == id)
                {
                    Note(running, task);
                    mostDown = Math.Max(mostDown, tasks - running.Values.Count(t => t.Count > 0));
                    if (task.Spec.ForceUpdate == (ulong)round && task.Status.State == TaskState.Running)
                    {
                        started.Add(task.Id);
                    }
                }

                if (changed.Service?.UpdateStatus is { State: UpdateStatus.Types.UpdateState.Completed } && changed.Service.Meta.Version.Index > begin)
                {
                    return started.Count == tasks
                        ? (watch.Elapsed.TotalSeconds, started.Count, mostDown)
                        : throw new InvalidOperationException($"{started.Count} of {tasks} tasks were replaced");
                }
            }
        }

        throw new InvalidOperationException("the watch ended before the update did");
    }

    private static async Task<Dictionary<ulong, HashSet<string>>> RunningAsync(ControlClient control, string id)
    {
        var running = new Dictionary<ulong, HashSet<string>>();
        var request = new ListTasksRequest { Filters = new ListTasksRequest.Types.Filters { ServiceIds = { id } } };
        foreach (var task in (await control.ListTasksAsync(request)).Tasks)
        {
            Note(running, task);
        }

        return running;
    }

    // A task that was told to stop counts as down from then on.
    private static void Note(Dictionary<ulong, HashSet<string>> running, SwarmTask task)
    {
        if (!running.TryGetValue(task.Slot, out var inSlot))
        {
            running.Add(task.Slot, inSlot = []);
        }

        if (task.Status.State == TaskState.Running && task.DesiredState == TaskState.Running)
        {
            inSlot.Add(task.Id);
        }
        else
        {
            inSlot.Remove(task.Id);
        }
    }

    private static ServiceSpec Spec(string name, int tasks, int round)
    {
        var spec = LoadServices.Spec(name, tasks);
        spec.Task.ForceUpdate = (ulong)round;
        spec.Update = new UpdateConfig { Parallelism = 1, Monitor = new Google.Protobuf.WellKnownTypes.Duration() };
        return spec;
    }
}
