using SwarmOrleans.Contracts;
using SwarmOrleans.Control;
using SwarmOrleans.Orchestration;
using SwarmOrleans.Store;

namespace SwarmOrleans.Silo.Reconciling;

/// <summary>Reads a service from the replica, asks what should be, and commits it: the body of a <c>ServiceGrain</c>, without Orleans.</summary>
public sealed class ServiceRunner(ISwarmStore store, IIdSource ids, TimeProvider time)
{
    private const int MaxSteps = 16;

    /// <summary>Brings the service's tasks to what its spec says, as far as that is possible now.</summary>
    /// <returns>The version of the last view that was looked at, and when to look again if nothing happens before.</returns>
    public async Task<ReconcileResult> ReconcileAsync(string serviceId, CancellationToken cancellationToken)
    {
        for (var step = 0; step < MaxSteps; step++)
        {
            var view = store.Current;
            var decision = Decide(view, serviceId);
            if (decision.IsEmpty)
            {
                return new ReconcileResult(view.Version, decision.WakeAt);
            }

            var result = await store.CommitAsync(Transaction(view, serviceId, decision), cancellationToken);
            if (result.Outcome is CommitOutcome.Unknown or CommitOutcome.Unavailable)
            {
                break;
            }
        }

        // Others keep changing it, or nobody leads: try again in a moment.
        return new ReconcileResult(0, time.GetUtcNow() + TimeSpan.FromMilliseconds(200));
    }

    private ServiceDecision Decide(StoreView view, string serviceId) => ServiceReconciler.Reconcile(new ServiceInput
    {
        ServiceId = serviceId,
        Service = view.Find<Service>(serviceId),
        Progress = view.Find<ServiceProgress>(serviceId),
        Cluster = view.Cluster,
        Tasks = view.Tasks.OfService(serviceId),
        FindNode = view.Find<Node>,
        AllNodes = view.All<Node>,
        TasksOnNode = view.Tasks.OfNode,
        FindPortHolder = PublishedPorts.HolderIn(view, serviceId),
        Now = time.GetUtcNow(),
        Ids = ids,
    });

    // The progress row is checked and written by every transaction: a second activation's one conflicts.
    private static StoreTransaction Transaction(StoreView view, string serviceId, ServiceDecision decision)
    {
        var transaction = new StoreTransaction();
        var stored = view.Find<ServiceProgress>(serviceId);
        if (decision.Progress is { } progress)
        {
            _ = stored is null ? transaction.Create(progress) : transaction.Update(progress);
        }
        else if (stored is not null)
        {
            transaction.Remove(stored);
        }

        if (view.Find<Service>(serviceId) is { } service)
        {
            if (decision.Service is { } next && !Equals(next.Endpoint, service.Endpoint))
            {
                PublishedPorts.Require(transaction, next);
            }

            _ = decision switch
            {
                { RemovesService: true } => transaction.Remove(service),
                { Service: { } changed } => transaction.Update(changed),
                _ => transaction.RequireUnchanged(service),
            };
        }
        else
        {
            transaction.RequireAbsent<Service>(serviceId);
        }

        foreach (var task in decision.Create)
        {
            transaction.Create(task);
        }

        foreach (var task in decision.Update)
        {
            transaction.Update(task);
        }

        foreach (var task in decision.Remove)
        {
            transaction.Remove(task);
        }

        return transaction;
    }
}
