using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;
using SwarmOrleans.Control;
using SwarmOrleans.Orchestration;
using SwarmOrleans.Store;
using SwarmOrleans.Store.Trying;

namespace SwarmOrleans.Silo.Planning;

/// <summary>
/// Says what a create or an update of a service would lead to: does it on a trial store that begins with this manager's replica, and looks what comes of it.
/// One plan at a time: each looks at the whole swarm once.
/// </summary>
public sealed class ServicePlanner(ISwarmStore store, IIdSource ids, TimeProvider time, Action<ServiceSpec>? requireServed = null) : IDisposable
{
    private const int MaxStaying = 1000;

    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>For tests: how far plans go.</summary>
    internal Func<PlanBounds> Bounds { get; init; } = () => new PlanBounds();

    /// <summary>The plan. Nothing is written.</summary>
    /// <exception cref="UseCaseException">The create or update would be refused, for that reason.</exception>
    public async Task<PlanServiceResponse> PlanAsync(PlanServiceRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        await _turn.WaitAsync(cancellationToken);
        try
        {
            var clock = new PlanClock(time.GetUtcNow());
            var view = await store.ViewAsync(cancellationToken);
            var response = await PlanAsync(request, new TrialStore(view, clock), clock, cancellationToken);
            ForgetPlannedIds(response, view);
            return response;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc />
    public void Dispose() => _turn.Dispose();

    private async Task<PlanServiceResponse> PlanAsync(PlanServiceRequest request, TrialStore trial, PlanClock clock, CancellationToken cancellationToken)
    {
        var start = clock.GetUtcNow();
        var services = new Services(trial, ids, clock, requireServed);
        var service = request.ServiceId.Length == 0
            ? await services.CreateAsync(request.Spec, cancellationToken)
            : await services.UpdateAsync(request.ServiceId, request.ServiceVersion, request.Spec, request.Rollback, cancellationToken);
        var bounds = Bounds();
        var isCut = await CutAsync(trial, service, bounds.MaxTasks, cancellationToken);
        await using var run = new PlanRun(trial, clock, ids, service.Id, bounds);
        await run.RunAsync(cancellationToken);
        var view = trial.Current;
        var plan = new ServicePlan
        {
            Service = service,
            CutShort = isCut && run.CutShort.Length == 0 ? bounds.TooManyTasks() : run.CutShort,
        };
        Describe(plan, run.Fates, view, start, bounds.MaxListed);
        return new PlanServiceResponse
        {
            Plan = plan,
            Outcome = ServiceExplainer.Explain(view.Find<Service>(service.Id)!, Explanations.InputOf(view, clock.GetUtcNow())),
        };
    }

    // A reconciler makes all tasks of a service at once: what is beyond the bound must not be asked of it.
    private static async Task<bool> CutAsync(TrialStore trial, Service service, int maxTasks, CancellationToken cancellationToken)
    {
        var most = (ulong)(trial.Current.Tasks.OfService(service.Id).Count(t => t.IsWanted() && !t.HasEnded()) + maxTasks);
        var cut = service.Clone();
        if (cut.Spec.Replicated is { } replicated)
        {
            replicated.Replicas = Math.Min(replicated.Replicas, most);
        }
        else if (cut.Spec.ReplicatedJob is { } job)
        {
            job.MaxConcurrent = Math.Min(job.MaxConcurrent, most);
        }

        return !cut.Equals(service) && (await trial.CommitAsync(new StoreTransaction().Update(cut), cancellationToken)).IsCommitted;
    }

    private static void Describe(ServicePlan plan, TaskFates fates, StoreView view, DateTimeOffset start, int maxListed)
    {
        var listed = 0;
        var nodes = new Dictionary<string, NodePlan>();
        foreach (var changes in fates.Changes())
        {
            var step = new PlanStep { After = Duration.FromTimeSpan(changes.Key.At - start) };
            foreach (var (leaving, starting) in changes)
            {
                if (listed++ < maxListed)
                {
                    step.Changes.Add(ChangeOf(leaving, starting, view));
                }
                else
                {
                    plan.ChangesLeftOff++;
                }

                plan.Starts += starting is null ? 0u : 1;
                plan.Stops += leaving is null ? 0u : 1;
                _ = starting is not null && On(starting.NodeId) is { } to ? to.Starts++ : 0;
                _ = leaving is not null && On(leaving.NodeId) is { } from ? from.Stops++ : 0;
            }

            if (step.Changes.Count > 0)
            {
                plan.Steps.Add(step);
            }
        }

        foreach (var staying in fates.Staying())
        {
            plan.Stays++;
            _ = On(staying.NodeId) is { } node ? node.Stays++ : 0;
            if (plan.StayingTasks.Count < MaxStaying)
            {
                plan.StayingTasks.Add(TaskOf(staying, view));
            }
        }

        plan.Nodes.AddRange(nodes.Values.OrderBy(n => n.NodeName, StringComparer.Ordinal).ThenBy(n => n.NodeId, StringComparer.Ordinal));

        NodePlan? On(string id)
        {
            if (id.Length > 0 && !nodes.ContainsKey(id))
            {
                nodes.Add(id, new NodePlan { NodeId = id, NodeName = NameOf(id, view) });
            }

            return nodes.GetValueOrDefault(id);
        }
    }

    // What is only planned has no id that would mean anything.
    private static void ForgetPlannedIds(PlanServiceResponse response, StoreView view)
    {
        if (view.Find<Service>(response.Plan.Service.Id) is null)
        {
            response.Plan.Service = response.Plan.Service.Clone();
            response.Plan.Service.Id = response.Outcome.ServiceId = "";
        }

        foreach (var pending in response.Outcome.PendingTasks.Where(p => view.Find<SwarmTask>(p.ExampleTaskId) is null))
        {
            pending.ExampleTaskId = "";
        }

        foreach (var hold in response.Outcome.Holds.Where(h => view.Find<SwarmTask>(h.ExampleTaskId) is null))
        {
            hold.ExampleTaskId = "";
        }
    }

    private static PlannedChange ChangeOf(Fate? leaving, Fate? starting, StoreView view) => new()
    {
        Action = leaving is null ? PlannedChange.Types.Action.Start : starting is null ? PlannedChange.Types.Action.Stop : PlannedChange.Types.Action.Replace,
        Slot = (starting ?? leaving)!.Key.Slot,
        Leaving = leaving is null ? null : TaskOf(leaving, view),
        Starting = starting is null ? null : TaskOf(starting, view),
    };

    private static PlannedTask TaskOf(Fate fate, StoreView view) => new()
    {
        TaskId = fate.Made > 0 ? "" : fate.Id,
        Slot = fate.Key.Slot,
        NodeId = fate.NodeId,
        NodeName = NameOf(fate.NodeId, view),
    };

    private static string NameOf(string nodeId, StoreView view) => nodeId.Length == 0 ? "" : view.Find<Node>(nodeId)?.DisplayName() ?? nodeId;
}
