using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;
using SwarmOrleans.Orchestration;
using SwarmOrleans.Store;

namespace SwarmOrleans.Control;

/// <summary>What operators do with a service beyond changing its spec: pause and resume updates, go back to a revision, rebalance.</summary>
public sealed class ServiceRollouts(ISwarmStore store, TimeProvider time)
{
    /// <summary>True when the request is one of these, and its spec does not matter.</summary>
    public static bool Concerns(UpdateServiceRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return request.Rollout != RolloutAction.None || request.RollbackTo > 0;
    }

    /// <summary>The specs that the service has had lately, oldest first; the last one is the present one.</summary>
    public async Task<IReadOnlyList<Revision>> ListRevisionsAsync(string id, CancellationToken cancellationToken) =>
        (await store.ViewAsync(cancellationToken)).Find<ServiceProgress>(id)?.Revisions ?? (IReadOnlyList<Revision>)[];

    /// <summary>The moves that <see cref="RolloutAction.Rebalance"/> would lead to now. Changes nothing.</summary>
    /// <exception cref="UseCaseException">The service does not exist.</exception>
    public async Task<RebalancePlan> PlanRebalanceAsync(string id, CancellationToken cancellationToken)
    {
        var view = await store.ViewAsync(cancellationToken);
        return ServiceRebalances.Plan(view, view.Find<Service>(id) ?? throw UseCaseException.NotFound("service", id), time.GetUtcNow());
    }

    /// <summary>Does what the request asks for.</summary>
    /// <exception cref="UseCaseException">
    /// The service does not exist, is being removed or has changed since the request's version; no update is under way or paused; the revision is not kept,
    /// or needs what is not there any more or in use; or its tasks never move.
    /// </exception>
    public async Task<Service> ChangeAsync(UpdateServiceRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.ServiceVersion is null)
        {
            throw UseCaseException.Invalid("service_version: the version that the change is based on must be given");
        }

        var view = await store.ViewAsync(cancellationToken);
        var service = view.Find<Service>(request.ServiceId) ?? throw UseCaseException.NotFound("service", request.ServiceId);
        if (service.PendingDelete)
        {
            throw Refused($"service {service.Id} is being removed: its tasks are stopping");
        }

        var next = Changed(request, service, view);
        next.Meta.Version = request.ServiceVersion;
        var transaction = new StoreTransaction();
        if (request.RollbackTo > 0)
        {
            ServiceChange.BeginIteration(next, Timestamp.FromDateTimeOffset(time.GetUtcNow()));
            PublishedPorts.Take(transaction, view, next, PublishedPorts.OtherCursor(view, next));
            ServiceReferences.Require(transaction, view, next.Spec);
        }

        await store.OrThrowAsync(transaction.Update(next), cancellationToken);
        return store.Current.Find<Service>(request.ServiceId) ?? next;
    }

    private Service Changed(UpdateServiceRequest request, Service service, StoreView view)
    {
        if (request.RollbackTo > 0)
        {
            return Rollouts.RollBackTo(service, view.Find<ServiceProgress>(service.Id), request.RollbackTo, time.GetUtcNow())
                ?? throw Refused($"rollback_to: service {service.Id} has no earlier revision {request.RollbackTo}");
        }

        return request.Rollout switch
        {
            RolloutAction.Pause => Rollouts.Pause(service) ?? throw Refused($"rollout: no update of service {service.Id} is under way"),
            RolloutAction.Resume => Rollouts.Resume(service) ?? throw Refused($"rollout: no update of service {service.Id} is paused"),
            RolloutAction.Rebalance => ServiceRebalances.Request(service, view.Cluster, Timestamp.FromDateTimeOffset(time.GetUtcNow())),
            _ => throw UseCaseException.Invalid($"rollout: {request.Rollout} is not known"),
        };
    }

    private static UseCaseException Refused(string message) => new(UseCaseError.FailedPrecondition, message);
}
