using CsCheck;
using SwarmOrleans.Contracts;
using SwarmOrleans.Contracts.Constraints;
using SwarmOrleans.Orchestration;

namespace SwarmOrleans.Tests.Unit.Orchestration.Placing;

/// <summary>The scheduler beside one that looks at everything for each decision.</summary>
public sealed class SchedulerModelTests
{
    private const int Services = 5;

    [Fact]
    public void AnyHistory_EachDecision_IsTheBestThereIs_AndEachReasonTrue() =>
        Gen.Int[0, int.MaxValue - 1].Sample(seed => new History(seed).Run(), iter: 200);

    private sealed class History(int seed)
    {
        private readonly Random _random = new(seed);
        private readonly SchedulerWorld _world = new();
        private readonly List<(string Service, ulong Version, string Node, DateTimeOffset At)> _failures = [];

        public void Run()
        {
            for (var step = 0; step < 60; step++)
            {
                Act();
                if (_random.Next(3) == 0)
                {
                    PlanAndCheck();
                }
            }
        }

        private void Act()
        {
            switch (_random.Next(9))
            {
                case 0:
                case 1:
                    var (id, state) = ($"n{_random.Next(25)}", _random.Next(6) == 0 ? NodeStatus.Types.State.Down : NodeStatus.Types.State.Ready);
                    _world.Node(id, node =>
                    {
                        node.Status.State = state;
                        node.Spec.Annotations.Labels["az"] = $"az{_random.Next(3)}";
                        node.Description.Resources.NanoCpus = _random.Next(1, 9) * 1_000_000_000L;
                    });
                    break;
                case 2 when _random.Next(3) == 0 && _world.Nodes.Count > 0:
                    _world.RemoveNode(Any(_world.Nodes.Keys));
                    break;
                case 3 when Running().Count > 0:
                    _world.Remove(Any(Running()));
                    break;
                case 4 when Running().Count > 0:
                    var task = Any(Running());
                    _failures.Add((task.ServiceId, task.SpecVersion.Index, task.NodeId, _world.Now));
                    _world.End(task, TaskState.Failed);
                    break;
                case 5 when Running().Count > 0:
                    _world.Change(Any(Running()), t => t.DesiredState = TaskState.Shutdown);
                    break;
                case 6:
                    _world.Now += TimeSpan.FromSeconds(_random.Next(60));
                    break;
                default:
                    var service = _random.Next(Services);
                    _world.Wait(_random.Next(1, 8), $"s{service}", t => Specify(t, service));
                    break;
            }
        }

        private static void Specify(SwarmTask task, int service)
        {
            task.Spec.Resources = SchedulerWorld.Reserve(service is 1 or 2 ? 1 : 0);
            task.Spec.Placement.MaxReplicas = service == 2 ? 2UL : 0;
            if (service >= 3)
            {
                task.Spec.Placement.Constraints.Add(service == 3 ? "node.labels.az!=az1" : "node.labels.az==az0");
            }
        }

        private List<SwarmTask> Running() => [.. _world.Tasks.Values.Where(t => t.NodeId.Length > 0 && !t.HasEnded())];

        private T Any<T>(IReadOnlyCollection<T> items) => items.ElementAt(_random.Next(items.Count));

        private void PlanAndCheck()
        {
            _failures.RemoveAll(f => f.At < _world.Now - TimeSpan.FromMinutes(5));
            foreach (var decision in _world.Scheduler.Plan(_world.Now))
            {
                var decided = decision.Decided(Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(_world.Now));
                if (decision.Node is { } node)
                {
                    Assert.True(Passes(node, decision.Task) is null, $"seed {seed}: {node.Id} cannot run {decision.Task.Id}");
                    var better = _world.Nodes.Values.FirstOrDefault(n => Passes(n, decision.Task) is null && Score(n, decision.Task).CompareTo(Score(node, decision.Task)) < 0);
                    Assert.True(better is null, $"seed {seed}: {better?.Id} is better than {node.Id} for {decision.Task.Id}");
                }

                _world.Store(decided);
            }

            foreach (var task in _world.Tasks.Values.Where(t => t.NodeId.Length == 0 && !t.HasEnded()))
            {
                Assert.Equal(Explanation(task), task.Status.Err);
            }

            Assert.Empty(_world.Scheduler.Plan(_world.Now));
        }

        private (int Failures, int OfService, int Total) Score(Node node, SwarmTask task)
        {
            var failures = _failures.Count(f => f.Service == task.ServiceId && f.Version == task.SpecVersion.Index && f.Node == node.Id);
            var active = Active(node);
            return (failures >= 5 ? failures : 0, active.Count(t => t.ServiceId == task.ServiceId), active.Count);
        }

        private List<SwarmTask> Active(Node node) => [.. Running().Where(t => t.NodeId == node.Id && t.DesiredState <= TaskState.Complete)];

        private string? Passes(Node node, SwarmTask task)
        {
            if (node.Status.State != NodeStatus.Types.State.Ready)
            {
                return "not available for new tasks";
            }

            var cpu = task.Spec.Resources.Reservations.NanoCpus;
            if (cpu > 0 && node.Description.Resources.NanoCpus - Running().Where(t => t.NodeId == node.Id).Sum(t => t.Spec.Resources.Reservations.NanoCpus) < cpu)
            {
                return "insufficient resources on";
            }

            if (!ConstraintSet.Of(task.Spec).Matches(node))
            {
                return "scheduling constraints not satisfied on";
            }

            return task.Spec.Placement.MaxReplicas is var max and > 0 && (ulong)Active(node).Count(t => t.ServiceId == task.ServiceId) >= max
                ? "max replicas per node limit exceed"
                : null;
        }

        private string Explanation(SwarmTask task)
        {
            var order = new[] { "not available for new tasks", "insufficient resources on", "scheduling constraints not satisfied on", "max replicas per node limit exceed" };
            var reasons = _world.Nodes.Values.Select(n => Passes(n, task)!).GroupBy(r => r)
                .OrderByDescending(g => g.Count()).ThenBy(g => Array.IndexOf(order, g.Key))
                .Select(g => Text(g.Key, g.Count()));
            var text = string.Join("; ", reasons);
            return text.Length == 0 ? "no suitable node" : $"no suitable node ({text})";
        }

        private static string Text(string reason, int count)
        {
            var nodes = count == 1 ? "1 node" : $"{count} nodes";
            return reason[0] switch
            {
                'm' => reason,
                'n' => $"{nodes} {reason}",
                _ => $"{reason} {nodes}",
            };
        }
    }
}
