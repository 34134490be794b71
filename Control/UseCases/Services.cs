using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;
using SwarmOrleans.Control.Validation;
using SwarmOrleans.Store;

namespace SwarmOrleans.Control;

/// <summary>What users do with services.</summary>
public sealed class Services(ISwarmStore store, IIdSource ids, TimeProvider time)
{
    /// <summary>Stores a new service (API-18).</summary>
    /// <exception cref="UseCaseException">The spec breaks a rule, or the name is taken.</exception>
    public async Task<Service> CreateAsync(ServiceSpec? spec, CancellationToken cancellationToken)
    {
        ServiceSpecValidator.Validate(spec);
        var service = new Service { Id = ids.NewId(), Spec = spec, SpecVersion = new ObjectVersion() };
        await store.OrThrowAsync(new StoreTransaction().Create(service), cancellationToken);
        return store.Current.Find<Service>(service.Id) ?? service;
    }

    /// <summary>One service.</summary>
    /// <exception cref="UseCaseException">It does not exist.</exception>
    public async Task<Service> GetAsync(string id, CancellationToken cancellationToken) =>
        Find(await store.ViewAsync(cancellationToken), id);

    /// <summary>The services that match.</summary>
    public async Task<IReadOnlyList<Service>> ListAsync(ListServicesRequest.Types.Filters? filters, CancellationToken cancellationToken)
    {
        var view = await store.ViewAsync(cancellationToken);
        var filter = new ListFilter();
        if (filters is not null)
        {
            filter.Names(filters.Names).NamePrefixes(filters.NamePrefixes).IdPrefixes(filters.IdPrefixes)
                .Labels(filters.Labels, s => ((Service)s).Spec.Annotations?.Labels)
                .Any(filters.Runtimes, (_, runtime) => runtime == "container");
        }

        return [.. view.All<Service>().Where(filter.Matches)];
    }

    /// <summary>Replaces the spec, or goes back to the previous one (API-19 to API-21).</summary>
    /// <exception cref="UseCaseException">The spec breaks a rule, or the service has changed since <paramref name="version"/>.</exception>
    public async Task<Service> UpdateAsync(
        string id, ObjectVersion? version, ServiceSpec? spec, UpdateServiceRequest.Types.Rollback rollback, CancellationToken cancellationToken)
    {
        if (version is null)
        {
            throw UseCaseException.Invalid("service_version: the version that the update is based on must be given");
        }

        ServiceSpecValidator.Validate(spec);
        var next = Find(await store.ViewAsync(cancellationToken), id).Clone();
        if (next.Spec.ModeCase != spec!.ModeCase)
        {
            throw new UseCaseException(UseCaseError.Unimplemented, "mode: service mode change is not allowed");
        }

        if (next.Spec.Annotations.Name != spec.Annotations.Name)
        {
            throw new UseCaseException(UseCaseError.Unimplemented, "meta: renaming services is not supported");
        }

        next.Meta.Version = version;
        if (rollback == UpdateServiceRequest.Types.Rollback.Previous)
        {
            RollBack(next);
        }
        else
        {
            next.PreviousSpec = next.Spec;
            next.PreviousSpecVersion = next.SpecVersion;
            next.Spec = spec;
            next.SpecVersion = version;
            next.UpdateStatus = null;
        }

        await store.OrThrowAsync(new StoreTransaction().Update(next), cancellationToken);
        return store.Current.Find<Service>(id) ?? next;
    }

    /// <summary>
    /// Marks a service for removal. Its reconciler stops its tasks; its name, ports and networks are free when they have stopped (DEA-1; unlike API-24).
    /// </summary>
    /// <exception cref="UseCaseException">It does not exist.</exception>
    public async Task RemoveAsync(string id, CancellationToken cancellationToken)
    {
        while (Find(await store.ViewAsync(cancellationToken), id) is { PendingDelete: false } service)
        {
            var leaving = service.Clone();
            leaving.PendingDelete = true;
            var result = await store.CommitAsync(new StoreTransaction().Update(leaving), cancellationToken);
            if (result.Conflict?.Reason != ConflictReason.OutOfSequence)
            {
                result.OrThrow();
                return;
            }
        }
    }

    /// <summary>Running and desired tasks of services (API-25).</summary>
    public async Task<IReadOnlyList<ListServiceStatusesResponse.Types.ServiceStatus>> ListStatusesAsync(
        IEnumerable<string> serviceIds, CancellationToken cancellationToken)
    {
        var view = await store.ViewAsync(cancellationToken);
        return
        [
            .. serviceIds.Select(id => new ListServiceStatusesResponse.Types.ServiceStatus
            {
                ServiceId = id,
                DesiredTasks = view.Find<Service>(id)?.Spec.Replicated?.Replicas ?? 0,
                RunningTasks = (ulong)view.Tasks.OfService(id).Count(t => t.Status?.State == TaskState.Running),
            }),
        ];
    }

    private void RollBack(Service service)
    {
        if (service.PreviousSpec is null)
        {
            throw new UseCaseException(UseCaseError.FailedPrecondition, $"service {service.Id} does not have a previous spec");
        }

        (service.Spec, service.PreviousSpec) = (service.PreviousSpec, service.Spec);
        (service.SpecVersion, service.PreviousSpecVersion) = (service.PreviousSpecVersion, service.SpecVersion);
        service.UpdateStatus = new UpdateStatus
        {
            State = UpdateStatus.Types.UpdateState.RollbackStarted,
            Message = "manually requested rollback",
            StartedAt = Timestamp.FromDateTimeOffset(time.GetUtcNow()),
        };
    }

    private static Service Find(StoreView view, string id) =>
        id.Length == 0 ? throw UseCaseException.Invalid("service_id: must be given") : view.Find<Service>(id) ?? throw UseCaseException.NotFound("service", id);
}
