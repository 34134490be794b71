using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;
using SwarmOrleans.Control.Validation;
using SwarmOrleans.Orchestration;
using SwarmOrleans.Store;

namespace SwarmOrleans.Control;

/// <summary>What users do with services.</summary>
/// <param name="store">The replica.</param>
/// <param name="ids">Ids for new services.</param>
/// <param name="time">Clock.</param>
/// <param name="requireServed">Refuses specs that ask for more than the swarm's agents can do; null when they can do everything.</param>
public sealed class Services(ISwarmStore store, IIdSource ids, TimeProvider time, Action<ServiceSpec>? requireServed = null)
{
    private readonly PortCursor _cursor = new();

    /// <summary>Stores a new service (API-18), its ports allocated.</summary>
    /// <exception cref="UseCaseException">The spec breaks a rule, needs what is not there, or the name is taken.</exception>
    public async Task<Service> CreateAsync(ServiceSpec? spec, CancellationToken cancellationToken)
    {
        ServiceSpecValidator.Validate(spec);
        requireServed?.Invoke(spec!);
        var service = new Service { Id = ids.NewId(), Spec = spec, SpecVersion = new ObjectVersion() };
        if (IsJob(spec!))
        {
            service.JobStatus = new JobStatus { JobIteration = new ObjectVersion(), LastExecution = Now() };
        }

        if (!ServiceReferences.Any(spec!))
        {
            service.Endpoint = ServicePorts.EndpointWith(null, spec!.Endpoint, []);
            await store.OrThrowAsync(new StoreTransaction().Create(service), cancellationToken);
            return store.Current.Find<Service>(service.Id) ?? service;
        }

        var cursor = _cursor;
        await store.DecideAsync(
            await store.ViewAsync(cancellationToken),
            view =>
            {
                if (view.FindByName<Service>(spec!.Annotations.Name) is { } holder)
                {
                    throw NameInUse(spec, holder);
                }

                var next = service.Clone();
                var transaction = new StoreTransaction();
                PublishedPorts.Take(transaction, view, next, cursor);
                cursor = PublishedPorts.OtherCursor(view, next);
                return ServiceReferences.Require(transaction.Create(next), view, spec);
            },
            cancellationToken);
        return store.Current.Find<Service>(service.Id) ?? service;
    }

    /// <summary>One service.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="fillDefaults">True to show what fields mean that are not given (API-23).</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="UseCaseException">It does not exist.</exception>
    public async Task<Service> GetAsync(string id, bool fillDefaults, CancellationToken cancellationToken)
    {
        var service = Find(await store.ViewAsync(cancellationToken), id);
        return fillDefaults ? ServiceDefaults.Fill(service) : service;
    }

    /// <summary>The services that match.</summary>
    public async Task<IReadOnlyList<Service>> ListAsync(ListServicesRequest.Types.Filters? filters, CancellationToken cancellationToken)
    {
        var view = await store.ViewAsync(cancellationToken);
        var filter = new ListFilter();
        if (filters is not null)
        {
            filter.Names(filters.Names).NamePrefixes(filters.NamePrefixes).IdPrefixes(filters.IdPrefixes)
                .Labels(filters.Labels, s => ((Service)s).Spec.Annotations?.Labels)
                .Any(filters.Runtimes, (s, runtime) => Runtimes.Of(((Service)s).Spec.Task) == runtime);
        }

        return [.. Candidates.WithAll<Service>(view, filters?.Names, filters?.IdPrefixes).Where(filter.Matches)];
    }

    /// <summary>Replaces the spec, or goes back to the previous one (API-19 to API-22).</summary>
    /// <exception cref="UseCaseException">The spec breaks a rule, or the service has changed since <paramref name="version"/>.</exception>
    public async Task<Service> UpdateAsync(
        string id, ObjectVersion? version, ServiceSpec? spec, UpdateServiceRequest.Types.Rollback rollback, CancellationToken cancellationToken)
    {
        if (id.Length == 0 || version is null)
        {
            throw UseCaseException.Invalid("service_id and service_version: the service and the version that the update is based on must be given");
        }

        ServiceSpecValidator.Validate(spec);
        requireServed?.Invoke(spec!);
        var cursor = _cursor;
        var next = new Service();
        await store.DecideAsync(
            await store.ViewAsync(cancellationToken),
            view =>
            {
                next = Updated(view, id, version, spec!, rollback);
                var transaction = new StoreTransaction();
                PublishedPorts.Take(transaction, view, next, cursor);
                cursor = PublishedPorts.OtherCursor(view, next);
                return ServiceReferences.Require(transaction.Update(next), view, next.Spec);
            },
            cancellationToken);
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
            if (result.ConflictOrThrow() is not { } conflict)
            {
                return;
            }

            if (conflict.Reason != ConflictReason.OutOfSequence)
            {
                throw Commits.Refusal(conflict);
            }
        }
    }

    /// <summary>Running, desired and completed tasks of services (API-25); zeros for an id that is not known.</summary>
    public async Task<IReadOnlyList<ListServiceStatusesResponse.Types.ServiceStatus>> ListStatusesAsync(
        IEnumerable<string> serviceIds, CancellationToken cancellationToken)
    {
        var view = await store.ViewAsync(cancellationToken);
        return [.. serviceIds.Select(id => ServiceStatuses.Of(id, view.Find<Service>(id), view.Tasks.OfService(id)))];
    }

    private Service Updated(StoreView view, string id, ObjectVersion version, ServiceSpec spec, UpdateServiceRequest.Types.Rollback rollback)
    {
        var stored = Find(view, id);
        if (stored.PendingDelete)
        {
            throw UseCaseException.Precondition($"service {id} is being removed: its tasks are stopping");
        }

        ServiceChange.Check(stored.Spec, spec);
        return stored.Meta.Version.Index == version.Index
            ? ServiceChange.Apply(stored, spec, rollback == UpdateServiceRequest.Types.Rollback.Previous, Now())
            : throw UseCaseException.Precondition($"update out of sequence: service {id} has been changed since it was read");
    }

    internal static bool IsJob(ServiceSpec spec) => spec.ModeCase is ServiceSpec.ModeOneofCase.ReplicatedJob or ServiceSpec.ModeOneofCase.GlobalJob;

    private static UseCaseException NameInUse(ServiceSpec spec, Service holder) => new(
        UseCaseError.AlreadyExists, $"name conflicts with an existing object: service {spec.Annotations.Name} already exists as {holder.Id}");

    private Timestamp Now() => Timestamp.FromDateTimeOffset(time.GetUtcNow());

    private static Service Find(StoreView view, string id) =>
        id.Length == 0 ? throw UseCaseException.Invalid("service_id: must be given") : view.Find<Service>(id) ?? throw UseCaseException.NotFound("service", id);
}
