using System.Diagnostics;
using System.Globalization;
using SwarmOrleans.Contracts;
using SwarmOrleans.Orchestration;

namespace SwarmOrleans.Benchmarks.Micro.OrchestrationFigures;

/// <summary>What it costs to look at a large service: when nothing is to be done, when one task has failed, and when all tasks are yet to be made.</summary>
internal static class ReconcileFigures
{
    private const int Rounds = 7;

    public static void Run(int replicas)
    {
        var world = new LargeService(replicas);
        Print("create all", replicas, () => world.Decide([]), d => d.Create.Count == replicas);
        var running = world.RunningTasks();
        var progress = world.Decide([]).Progress;
        Print("nothing to do", replicas, () => world.Decide(running, progress), d => d.IsEmpty);
        running[replicas / 2].Status.State = TaskState.Failed;
        Print("one has failed", replicas, () => world.Decide(running, progress), d => d is { Create.Count: 1, Update.Count: 1 });
    }

    private static void Print(string what, int replicas, Func<ServiceDecision> decide, Predicate<ServiceDecision> isRight)
    {
        var times = new List<double>();
        for (var round = 0; round < Rounds; round++)
        {
            var begin = Stopwatch.GetTimestamp();
            var decision = decide();
            times.Add(Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
            if (!isRight(decision))
            {
                throw new InvalidOperationException($"{what}: not the decision that was expected");
            }
        }

        times.Sort();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"reconcile {replicas} tasks, {what,-16} {times[Rounds / 2],8:F1} ms, {times[Rounds / 2] * 1e6 / replicas,6:F0} ns a task (worst {times[^1]:F1} ms)"));
    }
}
