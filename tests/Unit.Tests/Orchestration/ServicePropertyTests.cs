using CsCheck;
using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;
using SwarmOrleans.Orchestration;
using FailureAction = SwarmOrleans.Contracts.UpdateConfig.Types.FailureAction;
using State = SwarmOrleans.Contracts.UpdateStatus.Types.UpdateState;

namespace SwarmOrleans.Tests.Unit.Orchestration;

/// <summary>What holds at every step of any life of a replicated service with stop-first updates.</summary>
public sealed class ServicePropertyTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private static readonly Gen<Settings> AnySettings = Gen.Select(
        Gen.Int[1, 8], Gen.Int[1, 3], Gen.Int[0, 4], Gen.Int[0, 3], Gen.Enum<FailureAction>(),
        (replicas, parallelism, delay, slowness, action) => new Settings((ulong)replicas, (ulong)parallelism, delay, slowness, action));

    private static readonly Gen<Happening> Happenings = Gen.Select(Gen.Enum<What>(), Gen.Int[0, 11], (what, number) => new Happening(what, number));

    private static readonly Gen<Happening> Wishes = Happenings.Where(h => h.What is What.Scale or What.Image or What.Wait);

    private enum What
    {
        Scale,
        Image,
        Wait,
        LoseNode,
        ReturnNode,
        Drain,
        FailTask,
        EndTask,
    }

    [Fact]
    public void AnyScenario_OneWantedTaskASlot_NothingLeftToDecide_AndItConverges() =>
        Gen.Select(AnySettings, Happenings.Array[1, 12]).Sample((settings, happenings) =>
        {
            var world = World(settings);
            world.Invariant = w =>
            {
                AssertOneWantedTaskASlot(w);
                AssertNothingLeftToDecide(w);
            };
            foreach (var happening in happenings)
            {
                Happen(world, happening);
            }

            Heal(world);
            for (var i = 0; i < 300 && !HasConverged(world); i++)
            {
                world.Advance(Second);
            }

            Assert.True(HasConverged(world), $"{world.Running.Count(t => t.IsWanted())} run, update {world.Service!.UpdateStatus}");
        });

    [Fact]
    public void AnyWishes_NeverMoreThanParallelismSlotsDown() =>
        Gen.Select(AnySettings, Wishes.Array[1, 12]).Sample((settings, wishes) =>
        {
            var world = World(settings);
            var ran = new HashSet<string>();
            world.Invariant = w =>
            {
                ran.UnionWith(w.Running.Select(t => t.Id));
                var down = SlotsDown(w, ran);
                Assert.True(down <= (int)settings.Parallelism, $"{down} down at parallelism {settings.Parallelism}");
            };
            foreach (var wish in wishes)
            {
                Happen(world, wish);
            }

            for (var i = 0; i < 300 && !HasConverged(world); i++)
            {
                world.Advance(Second);
            }

            Assert.True(HasConverged(world));
        });

    // Some agents are slow: a new task runs only after a while.
    private static ServiceWorld World(Settings settings)
    {
        var world = new ServiceWorld(settings.Replicas, nodes: 3, spec =>
        {
            spec.Task.Restart = ReplicatedTests.Any(Second);
            spec.Update = settings.Config();
            spec.Rollback = settings.Config();
        });
        var born = new Dictionary<string, DateTimeOffset>();
        world.Agent = task =>
        {
            born.TryAdd(task.Id, world.Now);
            return world.Now - born[task.Id] < Second * settings.SlownessSeconds ? TaskState.Starting : TaskState.Running;
        };
        world.Settle();
        world.Advance(Second * settings.SlownessSeconds);
        return world;
    }

    private static void Happen(ServiceWorld world, Happening happening)
    {
        var number = happening.Number;
        var node = world.Nodes.Values.ElementAt(number % world.Nodes.Count);
        switch (happening.What)
        {
            case What.Scale:
                world.Update(s => s.Replicated.Replicas = (ulong)number);
                break;
            case What.Image:
                world.Update(s => s.Task.Container.Image = $"{world.Now.Ticks}-{number}");
                break;
            case What.LoseNode:
                node.Status.State = NodeStatus.Types.State.Down;
                break;
            case What.ReturnNode:
                node.Status.State = NodeStatus.Types.State.Ready;
                break;
            case What.Drain:
                node.Spec.Availability = NodeSpec.Types.Availability.Drain;
                break;
            case What.FailTask or What.EndTask when world.Running.Count > 0:
                world.SetState(world.Running[number % world.Running.Count], happening.What == What.FailTask ? TaskState.Failed : TaskState.Complete);
                break;
        }

        world.Settle();
        for (var i = 0; happening.What == What.Wait && i < number; i++)
        {
            world.Advance(Second);
        }
    }

    private static void Heal(ServiceWorld world)
    {
        foreach (var node in world.Nodes.Values)
        {
            node.Status.State = NodeStatus.Types.State.Ready;
            node.Spec.Availability = NodeSpec.Types.Availability.Active;
        }
    }

    private static bool HasConverged(ServiceWorld world)
    {
        var service = world.Service!;
        var state = service.UpdateStatus?.State;
        return state is not (State.Updating or State.RollbackStarted)
            && (ulong)world.Wanted.Count == service.Spec.Replicated.Replicas
            && world.Wanted.All(t => t.Observed() == TaskState.Running)
            && (state is State.Paused or State.RollbackPaused || world.Wanted.All(t => t.Spec.Container.Image == service.Spec.Task.Container.Image));
    }

    private static void AssertOneWantedTaskASlot(ServiceWorld world) =>
        Assert.All(world.Wanted.GroupBy(t => t.Slot), slot => Assert.Single(slot));

    // Only the turn to a rollback takes two decisions: the second is made for the spec that the first put back.
    private static void AssertNothingLeftToDecide(ServiceWorld world)
    {
        if (world is { Service.UpdateStatus.State: State.RollbackStarted, Progress.Update: null })
        {
            return;
        }

        var invariant = world.Invariant;
        world.Invariant = null;
        var again = world.Step();
        var updates = string.Join(", ", again.Update.Select(t => $"slot {t.Slot} {t.Status.State} to {t.DesiredState}"));
        Assert.True(
            again.IsEmpty,
            $"a decision, applied and made again, is not empty: {again.Create.Count} created, {updates}, {again.Remove.Count} removed, progress {again.Progress}");
        world.Invariant = invariant;
    }

    // A task ran there, the update has stopped it, and no other runs yet.
    private static int SlotsDown(ServiceWorld world, HashSet<string> ran) => world.Tasks.GroupBy(t => t.Slot).Count(slot =>
        slot.Any(t => t.DesiredState == TaskState.Shutdown && ran.Contains(t.Id))
        && slot.Any(t => t.IsWanted())
        && !slot.Any(t => t.IsWanted() && t.Observed() == TaskState.Running));

    private sealed record Happening(What What, int Number);

    private sealed record Settings(ulong Replicas, ulong Parallelism, int DelaySeconds, int SlownessSeconds, FailureAction Action)
    {
        public UpdateConfig Config() => new()
        {
            Parallelism = Parallelism,
            Delay = Duration.FromTimeSpan(Second * DelaySeconds),
            FailureAction = Action,
        };
    }
}
