using SwarmOrleans.Contracts;
using SwarmOrleans.Store;

namespace SwarmOrleans.Control;

/// <summary>
/// What a service's spec needs of other objects: networks, secrets, configs (API-14 to API-17). Checked on a view for a clear answer, and
/// by conditions of the transaction for a sure one.
/// </summary>
internal static class ServiceReferences
{
    /// <summary>False for the spec that needs nothing of others: nothing has to be read for it.</summary>
    public static bool Any(ServiceSpec spec) =>
        spec.Endpoint is { Ports.Count: > 0 }
        || Networks(spec).Any()
        || spec.Task.Container is { Secrets.Count: > 0 } or { Configs.Count: > 0 };

    /// <summary>Adds the conditions to the transaction.</summary>
    /// <exception cref="UseCaseException">One of them does not hold in the view.</exception>
    public static StoreTransaction Require(StoreTransaction transaction, StoreView view, ServiceSpec spec)
    {
        RequireNetworks(transaction, view, spec);
        RequireIngress(transaction, view, spec);
        var container = spec.Task.Container;
        RequireFiles<Secret>(transaction, view, "secret", (container?.Secrets ?? []).Select(s => (s.SecretId, s.SecretName)));
        RequireFiles<Config>(transaction, view, "config", (container?.Configs ?? []).Select(c => (c.ConfigId, c.ConfigName)));
        return transaction;
    }

    private static IEnumerable<NetworkAttachmentConfig> Networks(ServiceSpec spec)
    {
#pragma warning disable CS0612 // Old clients still name networks here.
        return spec.Task.Networks.Concat(spec.Networks);
#pragma warning restore CS0612
    }

    private static void RequireNetworks(StoreTransaction transaction, StoreView view, ServiceSpec spec)
    {
        foreach (var id in Networks(spec).Select(n => n.Target).Distinct())
        {
            var network = view.Find<Network>(id) ?? throw UseCaseException.Invalid($"networks: network {id} not found");
            if (network.Spec.Ingress)
            {
                throw UseCaseException.Invalid(
                    $"networks: Service cannot be explicitly attached to the ingress network \"{network.Spec.Annotations.Name}\"");
            }

            if (network.PendingDelete)
            {
                throw UseCaseException.Precondition($"networks: network {network.Spec.Annotations.Name} is being removed");
            }

            transaction.RequireExists<Network>(id);
        }
    }

    private static void RequireIngress(StoreTransaction transaction, StoreView view, ServiceSpec spec)
    {
        if (spec.Endpoint?.Ports.Any(p => p.PublishMode == PortConfig.Types.PublishMode.Ingress) == true)
        {
            var ingress = view.IngressNetwork
                ?? throw UseCaseException.Precondition("service needs ingress network, but no ingress network is present");
            transaction.RequireExists<Network>(ingress.Id);
        }
    }

    // A name never changes: an object that has it now has it when the transaction is applied, if it is still there.
    private static void RequireFiles<T>(StoreTransaction transaction, StoreView view, string kind, IEnumerable<(string Id, string Name)> references)
        where T : class, IStoreObject, new()
    {
        var missing = new List<string>();
        foreach (var (id, name) in references)
        {
            if (view.Find<T>(id) is { } found && DisplayNames.Of(found) == name)
            {
                transaction.RequireExists<T>(id);
            }
            else if (!missing.Contains(name))
            {
                missing.Add(name);
            }
        }

        if (missing.Count > 0)
        {
            throw UseCaseException.Invalid($"{kind}{(missing.Count > 1 ? "s" : "")} not found: {string.Join(", ", missing)}");
        }
    }
}
