using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;
using SwarmOrleans.Control;
using SwarmOrleans.Orchestration;
using SwarmOrleans.Silo.Planning;
using SwarmOrleans.Silo.Reconciling;
using SwarmOrleans.Store;
using SwarmOrleans.Tests.Unit.Control;
using Action = SwarmOrleans.Contracts.PlannedChange.Types.Action;
using Rollback = SwarmOrleans.Contracts.UpdateServiceRequest.Types.Rollback;

namespace SwarmOrleans.Tests.Unit.Silo.Planning;

/// <summary>What creates and updates are said to lead to, and that saying so leads to nothing.</summary>
public sealed class ServicePlannerTests : IAsyncDisposable
{
    private readonly ControlWorld _world = new();
    private readonly ServicePlanner _planner;

    public ServicePlannerTests() => _planner = PlannerOf(() => new PlanBounds());

    [Fact]
    public async Task Create_SaysWhichNodesGetTheTasks_AndWhatStaysPending()
    {
        await NodesAsync(3);
        var response = await CreateAsync(ControlWorld.Spec("web", s =>
        {
            s.Replicated.Replicas = 5;
            s.Task.Placement = new Placement { MaxReplicas = 1, Constraints = { "node.hostname!=h3" } };
        }));
        var plan = response.Plan;
        Assert.Equal((5UL, 0UL, 0UL, ""), (plan.Starts, plan.Stops, plan.Stays, plan.CutShort));
        Assert.Equal(["h1 1 0 0", "h2 1 0 0"], plan.Nodes.Select(n => $"{n.NodeName} {n.Starts} {n.Stops} {n.Stays}"));
        var step = Assert.Single(plan.Steps);
        Assert.Equal([1UL, 2, 3, 4, 5], step.Changes.Select(c => c.Slot));
        Assert.All(step.Changes, c => Assert.Equal((Action.Start, ""), (c.Action, c.Starting.TaskId)));
        Assert.Equal(3, step.Changes.Count(c => c.Starting.NodeId.Length == 0));
        var pending = Assert.Single(response.Outcome.PendingTasks);
        Assert.Equal((3UL, "no suitable node (max replicas per node limit exceed; scheduling constraints not satisfied on 1 node)"), (pending.Tasks, pending.Reason));
        Assert.Equal(("", "", ""), (pending.ExampleTaskId, plan.Service.Id, response.Outcome.ServiceId));
        Assert.Equal((2UL, 5UL), (response.Outcome.Running, response.Outcome.Desired));
        Assert.Equal("web", plan.Service.Spec.Annotations.Name);
    }

    [Fact]
    public async Task Update_IsShownInItsBatches_WithItsPauses()
    {
        await NodesAsync(3);
        var service = await RunAsync("web", s =>
        {
            s.Replicated.Replicas = 5;
            s.Update = new UpdateConfig { Parallelism = 2, Delay = Duration.FromTimeSpan(TimeSpan.FromSeconds(10)) };
        });
        var before = _world.Store.Current.Tasks.OfService(service.Id).ToDictionary(t => t.Slot);
        var response = await UpdateAsync(service, s => s.Task.Container.Image = "nginx:2");
        Assert.Equal([(0L, 2), (10L, 2), (20L, 1)], response.Plan.Steps.Select(s => (s.After.Seconds, s.Changes.Count)));
        var changes = response.Plan.Steps.SelectMany(s => s.Changes).ToList();
        Assert.Equal([1UL, 2, 3, 4, 5], changes.Select(c => c.Slot).Order().ToList());
        Assert.All(changes, c => Assert.Equal((Action.Replace, before[c.Slot].Id, before[c.Slot].NodeId), (c.Action, c.Leaving.TaskId, c.Leaving.NodeId)));
        Assert.All(changes, c => Assert.NotEqual("", c.Starting.NodeId));
        Assert.Equal((5UL, 5UL, 0UL), (response.Plan.Starts, response.Plan.Stops, response.Plan.Stays));
        Assert.Equal(UpdateStatus.Types.UpdateState.Completed, response.Outcome.UpdateStatus.State);
        Assert.Equal("nothing keeps it", response.Outcome.Summary);
    }

    [Fact]
    public async Task StartFirst_IsAReplacementToo_AndScalesStartOrStop()
    {
        await NodesAsync(2);
        var service = await RunAsync("web", s =>
        {
            s.Replicated.Replicas = 2;
            s.Update = new UpdateConfig { Parallelism = 1, Order = UpdateConfig.Types.UpdateOrder.StartFirst };
        });
        var updated = (await UpdateAsync(service, s => s.Task.Container.Image = "nginx:2")).Plan;
        Assert.Equal([Action.Replace, Action.Replace], updated.Steps.SelectMany(s => s.Changes).Select(c => c.Action));
        var up = (await UpdateAsync(service, s => s.Replicated.Replicas = 3)).Plan;
        Assert.Equal((1UL, 0UL, 2UL), (up.Starts, up.Stops, up.Stays));
        Assert.Equal(2, up.StayingTasks.Select(t => t.TaskId).Intersect(_world.Store.Current.Tasks.OfService(service.Id).Select(t => t.Id)).Count());
        var down = (await UpdateAsync(service, s => s.Replicated.Replicas = 1)).Plan;
        Assert.Equal((0UL, 1UL, 1UL), (down.Starts, down.Stops, down.Stays));
        Assert.Equal(Action.Stop, down.Steps.Single().Changes.Single().Action);
        Assert.Equal([(0UL, 0UL, 1UL), (0UL, 1UL, 0UL)], down.Nodes.Select(n => (n.Starts, n.Stops, n.Stays)).Order().ToList());
    }

    [Fact]
    public async Task UpdateThatFindsNoNode_StopsThere_OrFailsAtItsDeadline()
    {
        await NodesAsync(2);
        var service = await RunAsync("web", s => s.Replicated.Replicas = 2);
        void Impossible(ServiceSpec spec) => spec.Task.Placement = new Placement { Constraints = { "node.labels.disk==ssd" } };
        var waits = await UpdateAsync(service, s =>
        {
            Impossible(s);
            s.Task.Container.Image = "nginx:2";
        });
        Assert.Equal((1UL, 1UL, 1UL), (waits.Plan.Starts, waits.Plan.Stops, waits.Plan.Stays));
        Assert.Equal(UpdateStatus.Types.UpdateState.Updating, waits.Outcome.UpdateStatus.State);
        Assert.Contains("scheduling constraints not satisfied on 2 nodes", waits.Outcome.Summary, StringComparison.Ordinal);
        var fails = await UpdateAsync(service, s =>
        {
            Impossible(s);
            s.Task.Container.Image = "nginx:2";
            s.Update = new UpdateConfig
            {
                Parallelism = 1,
                ProgressDeadline = Duration.FromTimeSpan(TimeSpan.FromMinutes(1)),
                FailureAction = UpdateConfig.Types.FailureAction.Rollback,
            };
        });
        Assert.Equal(UpdateStatus.Types.UpdateState.RollbackCompleted, fails.Outcome.UpdateStatus.State);
        Assert.Equal((2UL, 0UL), (fails.Outcome.Running, fails.Outcome.Pending));
        Assert.Equal(TimeSpan.FromMinutes(1), fails.Plan.Steps[^1].After.ToTimeSpan());
    }

    [Fact]
    public async Task GlobalServices_AndJobs_ArePlannedToTheirEnd()
    {
        await NodesAsync(3);
        var global = (await CreateAsync(ControlWorld.Spec("agent", s => s.Global = new GlobalService()))).Plan;
        Assert.Equal(["h1", "h2", "h3"], Assert.Single(global.Steps).Changes.Select(c => c.Starting.NodeName));
        var job = await CreateAsync(ControlWorld.Spec("job", s => s.ReplicatedJob = new ReplicatedJob { MaxConcurrent = 2, TotalCompletions = 5 }));
        Assert.Equal((5UL, 0UL), (job.Plan.Starts, job.Plan.Stops));
        Assert.Equal([2, 2, 1], job.Plan.Steps.Select(s => s.Changes.Count));
    }

    [Fact]
    public async Task Nothing_IsWritten()
    {
        await NodesAsync(2);
        var service = await RunAsync("web", s => s.Replicated.Replicas = 3);
        var view = _world.Store.Current;
        var content = view.All<SwarmTask>().Select(t => t.ToString()).ToList();
        await CreateAsync(ControlWorld.Spec("other", s => s.Endpoint = new EndpointSpec { Ports = { ControlWorld.Port(8080, PortConfig.Types.PublishMode.Host) } }));
        await UpdateAsync(service, s => s.Task.Container.Image = "nginx:2");
        Assert.Same(view, _world.Store.Current);
        Assert.Equal(content, view.All<SwarmTask>().Select(t => t.ToString()));
        Assert.Null(view.FindByName<Service>("other"));
    }

    [Fact]
    public async Task WhatCreateAndUpdateRefuse_IsRefused()
    {
        await NodesAsync(1);
        var service = await RunAsync("web", s => s.Endpoint = new EndpointSpec { Ports = { ControlWorld.Port(80, PortConfig.Types.PublishMode.Host) } });
        await _world.CreateIngressAsync();
        await ControlWorld.InvalidAsync("image", () => CreateAsync(ControlWorld.Spec("x", s => s.Task.Container.Image = "")));
        await ControlWorld.RefusedAsync(UseCaseError.AlreadyExists, "name conflicts", () => CreateAsync(ControlWorld.Spec()));
        await ControlWorld.InvalidAsync("already in use by service 'web'", () => CreateAsync(ControlWorld.Spec("x", s => s.Endpoint = new EndpointSpec { Ports = { ControlWorld.Port(80) } })));
        await ControlWorld.RefusedAsync(
            UseCaseError.FailedPrecondition,
            "update out of sequence",
            () => PlanAsync(new PlanServiceRequest { ServiceId = service.Id, ServiceVersion = new ObjectVersion { Index = 1 }, Spec = service.Spec }));
        await ControlWorld.RefusedAsync(
            UseCaseError.NotFound, "service gone not found", () => PlanAsync(new PlanServiceRequest { ServiceId = "gone", ServiceVersion = new ObjectVersion { Index = 1 }, Spec = service.Spec }));
        await ControlWorld.RefusedAsync(
            UseCaseError.FailedPrecondition,
            "does not have a previous spec",
            () => PlanAsync(new PlanServiceRequest { ServiceId = service.Id, ServiceVersion = service.Meta.Version, Spec = service.Spec, Rollback = Rollback.Previous }));
    }

    [Fact]
    public async Task Bounds_EndThePlan_AndAreNamed()
    {
        await NodesAsync(2);
        using var planner = PlannerOf(() => new PlanBounds(maxTasks: 10, maxListed: 4));
        var many = await planner.PlanAsync(new PlanServiceRequest { Spec = ControlWorld.Spec("many", s => s.Replicated.Replicas = 1_000_000) }, ControlWorld.Stop);
        Assert.Equal((10UL, "it ends with 10 new tasks: there are more to come"), (many.Plan.Starts, many.Plan.CutShort));
        Assert.Equal((4, 6UL), (Assert.Single(many.Plan.Steps).Changes.Count, many.Plan.ChangesLeftOff));
        Assert.Equal(1_000_000UL, many.Plan.Service.Spec.Replicated.Replicas);
        var job = await planner.PlanAsync(
            new PlanServiceRequest { Spec = ControlWorld.Spec("job", s => s.ReplicatedJob = new ReplicatedJob { MaxConcurrent = 3, TotalCompletions = 1000 }) }, ControlWorld.Stop);
        Assert.InRange(job.Plan.Starts, 11UL, 13UL);
        Assert.StartsWith("it ends with 10 new tasks", job.Plan.CutShort, StringComparison.Ordinal);
        using var tired = PlannerOf(() => new PlanBounds(maxLooks: 3));
        var service = await RunAsync("web", s => s.Replicated.Replicas = 4);
        var update = await tired.PlanAsync(RequestOf(service, s => s.Task.Container.Image = "nginx:2"), ControlWorld.Stop);
        Assert.Equal("it ends after 1 rounds: there is more to come", update.Plan.CutShort);
    }

    public async ValueTask DisposeAsync()
    {
        _planner.Dispose();
        await _world.DisposeAsync();
    }

    private ServicePlanner PlannerOf(Func<PlanBounds> bounds) => new(_world.Store, new RandomIdSource(new Random(5)), _world.Time) { Bounds = bounds };

    private Task<PlanServiceResponse> CreateAsync(ServiceSpec spec) => PlanAsync(new PlanServiceRequest { Spec = spec });

    private Task<PlanServiceResponse> PlanAsync(PlanServiceRequest request) => _planner.PlanAsync(request, ControlWorld.Stop);

    private Task<PlanServiceResponse> UpdateAsync(Service service, Action<ServiceSpec> change) => PlanAsync(RequestOf(service, change));

    private static PlanServiceRequest RequestOf(Service service, Action<ServiceSpec> change)
    {
        var spec = service.Spec.Clone();
        change(spec);
        return new PlanServiceRequest { ServiceId = service.Id, ServiceVersion = service.Meta.Version, Spec = spec };
    }

    private Task<StoreView> NodesAsync(int count) => _world.CreateAsync([
        .. Enumerable.Range(1, count).Select(i => new Node
        {
            Id = $"n{i}",
            Spec = new NodeSpec { Annotations = new Annotations() },
            Status = new NodeStatus { State = NodeStatus.Types.State.Ready },
            Description = new NodeDescription { Hostname = $"h{i}" },
        }),
    ]);

    // Made by the real reconciler; its tasks go round the nodes and run.
    private async Task<Service> RunAsync(string name, Action<ServiceSpec> change)
    {
        var service = await _world.CreateServiceAsync(name, change);
        await new ServiceRunner(_world.Store, new RandomIdSource(new Random(4)), _world.Time).ReconcileAsync(service.Id, ControlWorld.Stop);
        var nodes = _world.Store.Current.All<Node>().Select(n => n.Id).Order(StringComparer.Ordinal).ToList();
        foreach (var task in _world.Store.Current.Tasks.OfService(service.Id))
        {
            var running = task.Clone();
            running.NodeId = nodes[(int)((task.Slot - 1) % (ulong)nodes.Count)];
            running.Status.State = TaskState.Running;
            await _world.CommitAsync(new StoreTransaction().Update(running));
        }

        return _world.Store.Current.Find<Service>(service.Id)!;
    }
}
