using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;
using SwarmOrleans.Orchestration;
using SwarmOrleans.Store;

namespace SwarmOrleans.Control;

/// <summary>Rebalancing on an operator's request.</summary>
internal static class ServiceRebalances
{
    /// <summary>The service with the wish noted; its reconciler moves tasks until nothing is left to move.</summary>
    /// <exception cref="UseCaseException">Its tasks never move.</exception>
    public static Service Request(Service service, Cluster? cluster, Timestamp now)
    {
        if (Rebalancer.Hindrance(service, cluster) is { Length: > 0 } hindrance)
        {
            throw UseCaseException.Precondition($"rollout: service {service.Id} cannot be rebalanced: {hindrance}");
        }

        var next = service.Clone();
        next.RebalanceStatus = new RebalanceStatus
        {
            State = RebalanceStatus.Types.State.Requested,
            StartedAt = now,
            Message = "requested by an operator",
        };
        return next;
    }

    /// <summary>What the request would lead to if nothing else happened.</summary>
    public static RebalancePlan Plan(StoreView view, Service service, DateTimeOffset now)
    {
        var plan = Rebalancer.Plan(new BalanceInput
        {
            Service = service,
            Cluster = view.Cluster,
            Tasks = view.Tasks.OfService(service.Id),
            AllNodes = view.All<Node>,
            TasksOnNode = view.Tasks.OfNode,
            Now = now,
            Leaving = (view.Find<ServiceProgress>(service.Id)?.Rebalance?.Moves ?? []).Select(m => m.LeavingId).ToHashSet(),
        });
        return new RebalancePlan
        {
            Moves =
            {
                plan.Moves.Select(m => new RebalancePlan.Types.Move
                {
                    Slot = m.Task.Slot,
                    TaskId = m.Task.Id,
                    FromNode = m.Task.NodeId,
                    ToNode = m.To.Id,
                }),
            },
            Reason = plan.Reason,
        };
    }
}
