using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;
using SwarmOrleans.Control.Validation;
using SwarmOrleans.Orchestration;
using SwarmOrleans.Store;

namespace SwarmOrleans.Control;

/// <summary>What users do with networks (API-28). There is no update: a network is what it was made as.</summary>
public sealed class Networks(ISwarmStore store, IIdSource ids)
{
    /// <summary>Label of networks that every engine has by itself: only managers make their objects, and users cannot remove them.</summary>
    public const string PredefinedLabel = NetworkSpecValidator.PredefinedLabel;

    /// <summary>Stores a new network; its addresses are chosen later.</summary>
    /// <exception cref="UseCaseException">The spec breaks a rule, the name is taken, or there is an ingress network already.</exception>
    public async Task<Network> CreateAsync(NetworkSpec? spec, CancellationToken cancellationToken)
    {
        NetworkSpecValidator.Validate(spec);
        var network = new Network { Id = ids.NewId(), Spec = spec };
        await store.DecideAsync(await store.ViewAsync(cancellationToken), view => Creation(view, network), cancellationToken);
        return store.Current.Find<Network>(network.Id) ?? network;
    }

    /// <summary>One network.</summary>
    /// <exception cref="UseCaseException">It does not exist.</exception>
    public async Task<Network> GetAsync(string id, CancellationToken cancellationToken) => Find(await store.ViewAsync(cancellationToken), id);

    /// <summary>One network, with the use of its addresses (an <see cref="AddressUsage"/>) in <see cref="Network.Extra"/> if it gives any out.</summary>
    /// <exception cref="UseCaseException">It does not exist.</exception>
    public async Task<Network> GetWithUsageAsync(string id, CancellationToken cancellationToken)
    {
        var view = await store.ViewAsync(cancellationToken);
        var network = Find(view, id).Clone();
        var services = view.Services.ReferencingNetwork(id).Concat(network.IsIngress() ? view.Services.HoldingKey(StoreKeys.UseOfIngress) : []);
        var usage = AddressUsages.Of(network, [.. services, .. view.Tasks.ReferencingNetwork(id), .. view.All<Node>()]);
        network.Extra = usage is null ? null : Any.Pack(usage);
        return network;
    }

    /// <summary>The networks that match.</summary>
    public async Task<IReadOnlyList<Network>> ListAsync(ListNetworksRequest.Types.Filters? filters, CancellationToken cancellationToken)
    {
        var view = await store.ViewAsync(cancellationToken);
        var filter = new ListFilter();
        if (filters is not null)
        {
            filter.Names(filters.Names).NamePrefixes(filters.NamePrefixes).IdPrefixes(filters.IdPrefixes)
                .Labels(filters.Labels, n => ((Network)n).Spec.Annotations?.Labels);
        }

        return [.. Candidates.WithAll<Network>(view, filters?.Names, filters?.IdPrefixes).Where(filter.Matches)];
    }

    /// <summary>
    /// Removes a network that nothing uses. One that only services use that are being removed themselves is marked, and goes with the last of them (DEA-1).
    /// </summary>
    /// <exception cref="UseCaseException">It does not exist, is predefined, or a service that stays or a task without service uses it.</exception>
    public async Task RemoveAsync(string id, CancellationToken cancellationToken) =>
        await store.DecideAsync(await store.ViewAsync(cancellationToken), view => Removal(view, id), cancellationToken);

    private static StoreTransaction Creation(StoreView view, Network network)
    {
        if (view.FindByName<Network>(network.Spec.Annotations.Name) is not null)
        {
            throw Labels.NameInUse(network);
        }

        var transaction = new StoreTransaction().Create(network);
        if (!network.Spec.Ingress)
        {
            return transaction;
        }

        return view.IngressNetwork is { } ingress
            ? throw new UseCaseException(UseCaseError.AlreadyExists, $"ingress network ({ingress.Id}) is already present")
            : transaction.RequireKeyFree(ObjectKind.Network, StoreKeys.IngressNetwork);
    }

    private static StoreTransaction Removal(StoreView view, string id)
    {
        var network = Find(view, id);
        if (network.Spec.Annotations?.Labels.ContainsKey(NetworkSpecValidator.PredefinedLabel) == true)
        {
            throw UseCaseException.Precondition($"network {network.Spec.Annotations.Name} is a swarm predefined network and cannot be removed");
        }

        if (view.Services.ReferencingNetwork(id).FirstOrDefault(s => !s.PendingDelete) is { } service)
        {
            throw UseCaseException.Precondition($"network {id} is in use by service {service.Id}");
        }

        if (view.Tasks.UsingNetwork(id).FirstOrDefault(t => !IsOfRemovedService(view, t)) is { } task)
        {
            throw UseCaseException.Precondition($"network {id} is in use by task {task.Id}");
        }

        if (network.Spec.Ingress && view.Services.HoldingKey(StoreKeys.UseOfIngress).FirstOrDefault(s => !s.PendingDelete) is { } user)
        {
            throw UseCaseException.Precondition($"ingress network cannot be removed because service {user.Id} depends on it");
        }

        if (NetworkRemoval.IsUnused(view, network))
        {
            return NetworkRemoval.Remove(network);
        }

        var leaving = network.Clone();
        leaving.PendingDelete = true;
        return new StoreTransaction().Update(leaving);
    }

    private static bool IsOfRemovedService(StoreView view, SwarmTask task) =>
        task.ServiceId.Length > 0 && view.Find<Service>(task.ServiceId) is not { PendingDelete: false };

    private static Network Find(StoreView view, string id) =>
        id.Length == 0 ? throw UseCaseException.Invalid("network_id: must be given") : view.Find<Network>(id) ?? throw UseCaseException.NotFound("network", id);
}
