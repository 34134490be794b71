using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>Virtual IPs of services (NET-5).</summary>
internal static class ServiceVips
{
    /// <summary>False for the service that neither has one, nor wants one, nor waits for one.</summary>
    public static bool Concern(Service service) => service.Spec.Networks().Count > 0 || service.Spec.Endpoint.NeedsIngress()
        || service is { Endpoint.VirtualIps.Count: > 0 } or { WaitsFor.Length: > 0 };

    /// <summary>Networks in which a service has one: those of its tasks, and the ingress network if it publishes a port through it.</summary>
    /// <param name="service">The service.</param>
    /// <param name="find">A network by its id.</param>
    /// <param name="ingress">The ingress network.</param>
    public static IReadOnlyList<string> Wanted(Service service, Func<string, Network?> find, Network? ingress)
    {
        var spec = service.Spec;
        if (spec?.Endpoint?.Mode == EndpointSpec.Types.ResolutionMode.Dnsrr)
        {
            return [];
        }

        var wanted = new List<string>();
        if (spec?.Endpoint.NeedsIngress() == true && ingress is not null)
        {
            wanted.Add(ingress.Id);
        }

        wanted.AddRange((spec?.Networks() ?? []).Select(n => n.Target).Where(id => find(id)?.IsNodeLocal() != true));
        return [.. wanted.Distinct()];
    }

    /// <summary>True when the endpoint has just those.</summary>
    public static bool Has(Service service, IReadOnlyList<string> wanted) =>
        wanted.Count == (service.Endpoint?.VirtualIps.Count ?? 0) && wanted.All(id => service.Endpoint!.VirtualIps.Any(v => v.NetworkId == id));

    /// <summary>The service with just those: what it has in them already stays.</summary>
    public static Service With(Service service, IReadOnlyList<string> wanted, IReadOnlyList<HeldAddress> taken)
    {
        var next = service.Clone();
        next.WaitsFor = "";
        var had = next.Endpoint?.VirtualIps.ToList() ?? [];
        next.Endpoint ??= new Endpoint();
        next.Endpoint.Spec = next.Spec.Endpoint;
        next.Endpoint.VirtualIps.Clear();
        foreach (var id in wanted)
        {
            next.Endpoint.VirtualIps.Add(had.Find(v => v.NetworkId == id)
                ?? new Endpoint.Types.VirtualIP { NetworkId = id, Addr = taken.First(t => t.NetworkId == id).Address });
        }

        if (next.Endpoint is { Spec: null, Ports.Count: 0, VirtualIps.Count: 0 })
        {
            next.Endpoint = null;
        }

        return next;
    }
}
