using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;
using SwarmOrleans.Control;
using SwarmOrleans.Store;
using SwarmOrleans.Tests.Simulation.Kernel;
using SwarmOrleans.Tests.Simulation.World;

namespace SwarmOrleans.Tests.Simulation.Scenarios;

/// <summary>
/// Three managers and ten agents under users that create, scale and update services, while managers, agents and machines crash, links are cut and
/// messages are lost. When the faults end, everything must come to what was acknowledged.
/// </summary>
internal sealed class ChaosScenario(int seed)
{
    private const int Actions = 40;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(30);
    private static readonly TimeSpan ToConverge = TimeSpan.FromMinutes(3);

    private readonly Random _random = new(seed);
    private readonly SortedDictionary<string, List<ServiceSpec?>> _possible = new(StringComparer.Ordinal);
    private SimWorld _world = null!;

    /// <summary>What a run was, for comparison with another of the same seed.</summary>
    public sealed record Outcome(ulong Trace, long Steps, int Entries, long Transitions);

    /// <summary>Runs the scenario.</summary>
    public Outcome Run()
    {
        var scheduler = new SimScheduler(seed);
        _world = new SimWorld(scheduler, seed, managers: 3, agents: 10);
        scheduler.Run(RunAsync, Limit);
        return new Outcome(scheduler.Trace, scheduler.Steps, _world.Group.Committed.Count, _world.Invariants.Checked);
    }

    private async Task RunAsync()
    {
        await _world.StartAsync();
        await CreateAsync();
        for (var i = 0; i < Actions; i++)
        {
            await ActAsync();
            await _world.PauseAsync(_random.NextDouble() * 4);
            _world.ThrowIfFailed();
        }

        Heal();
        await ConvergeAsync();
        _world.ThrowIfFailed();
    }

    private Task ActAsync()
    {
        _world.Group.Faults.Loss = _random.Next(3) == 0 ? 0.02 : 0;
        return _random.Next(12) switch
        {
            0 => CreateAsync(),
            1 or 2 => UpdateAsync(spec => spec.Replicated.Replicas = (ulong)_random.Next(0, 8)),
            3 => UpdateAsync(spec => spec.Task.Container.Image = $"image:{_random.Next(100)}"),
            4 => Done(CrashManager),
            5 => Done(StartManagers),
            6 => Done(CutManagers),
            7 => Done(() => RandomAgent().IsIsolated ^= true),
            8 => Done(() => Toggle(RandomAgent(), a => a.Crash())),
            9 => Done(() => Toggle(RandomAgent(), a => a.PowerOff())),
            10 => DrainAsync(),
            _ => Done(EndATask),
        };
    }

    private static Task Done(Action action)
    {
        action();
        return Task.CompletedTask;
    }

    private SimAgent RandomAgent() => _world.Agents.Values.ElementAt(_random.Next(_world.Agents.Count));

    private static void Toggle(SimAgent agent, Action<SimAgent> crash)
    {
        if (agent.IsUp)
        {
            crash(agent);
        }
        else
        {
            agent.Start();
        }
    }

    // A majority stays, so that users can go on working.
    private void CrashManager()
    {
        if (_world.Managers.Values.All(m => m.IsUp))
        {
            _world.Managers.Values.ElementAt(_random.Next(_world.Managers.Count)).Crash();
        }
    }

    private void StartManagers()
    {
        foreach (var manager in _world.Managers.Values.Where(m => !m.IsUp).ToList())
        {
            manager.Start();
        }
    }

    private void CutManagers()
    {
        var ids = _world.Managers.Keys.ToList();
        _world.Group.SetLink(ids[_random.Next(3)], ids[_random.Next(3)], connected: _random.Next(2) == 0);
    }

    private void EndATask()
    {
        var machine = RandomAgent().Machine;
        if (machine.Running.FirstOrDefault() is { } task)
        {
            machine.End(task, _random.Next(2));
        }
    }

    private async Task DrainAsync()
    {
        var manager = Contact();
        var view = manager.Store.Current;
        if (view.Find<Node>(RandomAgent().NodeId)?.Clone() is { } node)
        {
            node.Spec.Availability = (NodeSpec.Types.Availability)_random.Next(3);
            await manager.Store.CommitAsync(new StoreTransaction().Update(node), CancellationToken.None);
        }
    }

    private SimManager Contact()
    {
        var up = _world.Managers.Values.Where(m => m.IsUp).ToList();
        return up[_random.Next(up.Count)];
    }

    private async Task CreateAsync()
    {
        var name = $"service-{_possible.Count + 1}";
        var spec = new ServiceSpec
        {
            Annotations = new Annotations { Name = name },
            Task = new TaskSpec { Container = new ContainerSpec { Image = "image:0" } },
            Replicated = new ReplicatedService { Replicas = (ulong)_random.Next(1, 8) },
            Update = new UpdateConfig { Parallelism = (ulong)_random.Next(3) },
            Rebalance = _possible.Count % 2 == 0 ? new RebalancePolicy { MaxMoving = 2, CoolDown = Duration.FromTimeSpan(TimeSpan.FromSeconds(1)) } : null,
        };
        _possible.Add(name, [null]);
        await TryAsync(name, spec, services => services.CreateAsync(spec.Clone(), CancellationToken.None));
    }

    private async Task UpdateAsync(Action<ServiceSpec> change)
    {
        var name = _possible.Keys.ElementAt(_random.Next(_possible.Count));
        var contact = Contact();
        if (contact.Store.Current.All<Service>().FirstOrDefault(s => s.Spec.Annotations.Name == name) is not { } stored)
        {
            return;
        }

        var spec = stored.Spec.Clone();
        change(spec);
        await TryAsync(
            name,
            spec,
            services => services.UpdateAsync(
                stored.Id, stored.Meta.Version, spec.Clone(), UpdateServiceRequest.Types.Rollback.None, CancellationToken.None),
            contact);
    }

    // Acknowledged: this and nothing else. Unknown: this or what was possible before. Refused: as before.
    private async Task TryAsync(string name, ServiceSpec spec, Func<Services, Task> call, SimManager? contact = null)
    {
        try
        {
            await call(new Services((contact ?? Contact()).Store, _world.Ids, _world.Time));
            _possible[name] = [spec];
        }
        catch (UseCaseException e) when (e.Error == UseCaseError.Unavailable)
        {
            _possible[name] = [.. _possible[name], spec];
        }
        catch (UseCaseException)
        {
            // Somebody was faster; nothing was changed.
        }
        catch (Store.Log.NotLeaderException)
        {
            // Not even read.
        }
    }

    private void Heal()
    {
        _world.Group.Faults.Loss = 0;
        StartManagers();
        foreach (var a in _world.Managers.Keys)
        {
            foreach (var b in _world.Managers.Keys)
            {
                _world.Group.SetLink(a, b, connected: true);
            }
        }

        foreach (var agent in _world.Agents.Values)
        {
            agent.IsIsolated = false;
            if (!agent.IsUp)
            {
                agent.Start();
            }
        }
    }

    private async Task ConvergeAsync()
    {
        var begin = _world.Time.Elapsed;
        while (Differences() is { } difference)
        {
            Assert.True(_world.Time.Elapsed - begin < ToConverge, $"seed {seed}: not converged {ToConverge} after the last fault: {difference}");
            await _world.PauseAsync(1);
        }
    }

    private string? Differences()
    {
        var view = _world.Observer.Current;
        if (_world.Managers.Values.FirstOrDefault(m => m.Store.Current.Version != view.Version) is { } behind)
        {
            return $"{behind.Id} is at version {behind.Store.Current.Version} of {view.Version}";
        }

        if (view.All<Node>().FirstOrDefault(n => _world.Agents.ContainsKey(n.Id) && n.Status.State != NodeStatus.Types.State.Ready) is { } node)
        {
            return $"node {node.Id} is {node.Status.State}";
        }

        var isPlaceable = view.All<Node>().Any(n => n.Role == NodeRole.Worker && n.Spec.Availability == NodeSpec.Types.Availability.Active);
        var expected = new SortedDictionary<string, List<string>>(StringComparer.Ordinal);
        foreach (var (name, possible) in _possible)
        {
            var service = view.All<Service>().FirstOrDefault(s => s.Spec.Annotations.Name == name);
            if (!possible.Any(p => Equals(p, service?.Spec)))
            {
                return $"the spec of {name} is {service?.Spec}, acknowledged was {string.Join(" or ", possible)}";
            }

            if (service is not null && isPlaceable && Difference(service, view, expected) is { } difference)
            {
                return difference;
            }
        }

        var wrong = _world.Agents.Values.FirstOrDefault(a =>
            isPlaceable && !a.Machine.Running.SequenceEqual(expected.GetValueOrDefault(a.NodeId, []).Order(StringComparer.Ordinal)));
        return wrong is null
            ? null
            : $"{wrong.NodeId} runs {string.Join(", ", wrong.Machine.Running)}, not {string.Join(", ", expected.GetValueOrDefault(wrong.NodeId, []))}";
    }

    private static string? Difference(Service service, StoreView view, SortedDictionary<string, List<string>> expected)
    {
        var running = view.Tasks.OfService(service.Id)
            .Where(t => t.DesiredState == TaskState.Running && t.Status.State == TaskState.Running)
            .ToList();
        if (running.Count != (int)service.Spec.Replicated.Replicas || running.Select(t => t.Slot).Distinct().Count() != running.Count)
        {
            return $"{service.Spec.Annotations.Name} has {running.Count} of {service.Spec.Replicated.Replicas} tasks running";
        }

        if (running.Find(t => !t.Spec.Equals(service.Spec.Task)) is { } old)
        {
            return $"task {old.Id} of {service.Spec.Annotations.Name} runs {old.Spec.Container.Image}";
        }

        foreach (var task in running)
        {
            expected.TryAdd(task.NodeId, []);
            expected[task.NodeId].Add(task.Id);
        }

        return null;
    }
}
