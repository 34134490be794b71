using SwarmOrleans.Contracts;
using SwarmOrleans.Orchestration;
using SwarmOrleans.Store;
using PublishMode = SwarmOrleans.Contracts.PortConfig.Types.PublishMode;

namespace SwarmOrleans.Control;

/// <summary>
/// Gives services their published ports in the very transaction that stores their spec: whoever publishes a port that somebody took meanwhile, on whatever
/// manager, conflicts when the log applies it (API-15, which SwarmKit checks before it writes).
/// </summary>
public static class PublishedPorts
{
    /// <summary>
    /// Makes the service's endpoint what its spec asks for. A port is then held by the service until its spec is changed or its object goes, which is when
    /// its tasks have stopped.
    /// </summary>
    /// <param name="transaction">Gets the conditions.</param>
    /// <param name="view">The state that is decided on.</param>
    /// <param name="service">The service with its new spec, its endpoint still the old one.</param>
    /// <param name="cursor">Where the search for a free port begins.</param>
    /// <exception cref="UseCaseException">A port is in use, or none is free.</exception>
    public static void Take(StoreTransaction transaction, StoreView view, Service service, PortCursor cursor)
    {
        ArgumentNullException.ThrowIfNull(service);
        var (spec, endpoint) = (service.Spec.Endpoint, service.Endpoint);
        if (ServicePorts.IsAllocated(spec, endpoint) && !ServicePorts.HostPortsDiffer(spec, endpoint))
        {
            // The service holds them already, and the transaction that writes it conflicts if that has changed.
            service.Endpoint = ServicePorts.EndpointWith(endpoint, spec, endpoint?.Ports ?? []);
            return;
        }

        var allocation = new PortAllocator(PortRange.DynamicOf(view.Cluster), cursor, HolderIn(view, service.Id)).Allocate(spec, endpoint);
        if (allocation.Refusal is { } refusal)
        {
            throw UseCaseException.Invalid(refusal);
        }

        service.Endpoint = ServicePorts.EndpointWith(endpoint, spec, allocation.Ports);
        Require(transaction, service);
    }

    /// <summary>Who, other than the service, has which port in the view.</summary>
    public static PortHolder HolderIn(StoreView view, string serviceId) => (mode, protocol, number) =>
        view.Services.HoldingKey(StoreKeys.PublishedPort(mode, protocol, number)).FirstOrDefault(s => s.Id != serviceId);

    /// <summary>Where to search after a conflict.</summary>
    public static PortCursor OtherCursor(StoreView view, Service service)
    {
        ArgumentNullException.ThrowIfNull(view);
        ArgumentNullException.ThrowIfNull(service);
        return PortCursor.SpreadBy(service.Id, PortRange.DynamicOf(view.Cluster));
    }

    /// <summary>Conditions: nobody else has the endpoint's ports when the transaction is applied.</summary>
    public static void Require(StoreTransaction transaction, Service service)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        ArgumentNullException.ThrowIfNull(service);
        foreach (var port in (service.Endpoint?.Ports ?? []).Where(p => p.PublishedPort != 0))
        {
            transaction.RequireKeyFree(ObjectKind.Service, StoreKeys.PublishedPort(PublishMode.Ingress, port.Protocol, port.PublishedPort), service.Id);
            if (port.PublishMode == PublishMode.Ingress)
            {
                transaction.RequireKeyFree(ObjectKind.Service, StoreKeys.PublishedPort(PublishMode.Host, port.Protocol, port.PublishedPort), service.Id);
            }
        }
    }
}
