using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

// What is decided.
public sealed partial class Allocator
{
    /// <summary>
    /// Decides about what has changed: networks first, then services, then nodes. What was given counts as given until <see cref="Undo"/>. An object that
    /// has to wait is given only when the reason is news to it.
    /// </summary>
    /// <param name="max">Most decisions to make; when there are more, <see cref="HasWork"/> stays true.</param>
    public IReadOnlyList<Allocation> Plan(int max = int.MaxValue)
    {
        var decisions = new List<Allocation>();
        Plan(_dirtyNetworks, _networks, PlanNetwork, decisions, max);
        Plan(_dirtyServices, _services, PlanService, decisions, max);
        Plan(_dirtyNodes, _nodes, PlanNode, decisions, max);
        return decisions;
    }

    /// <summary>A decision was not committed: what it gave is free again, and the object is looked at again.</summary>
    public void Undo(Allocation allocation)
    {
        ArgumentNullException.ThrowIfNull(allocation);
        var id = allocation.Item.Id;
        foreach (var address in allocation.Taken)
        {
            _book.Release(address);
        }

        switch (allocation.Item.Kind)
        {
            case ObjectKind.Network when !(_networks.GetValueOrDefault(id)?.IsAllocated() ?? false):
                _ = _subnets.Release(id);
                _ = _networks.ContainsKey(id) && _dirtyNetworks.Add(id);
                RetryNetworks();
                break;
            case ObjectKind.Service:
                _ = _services.ContainsKey(id) && _dirtyServices.Add(id);
                break;
            case ObjectKind.Node:
                _ = _nodes.ContainsKey(id) && _dirtyNodes.Add(id);
                break;
        }
    }

    // In the order of their ids: who gets the last one does not depend on how this was built.
    private static void Plan<T>(HashSet<string> dirty, Dictionary<string, T> items, Func<T, Allocation?> plan, List<Allocation> decisions, int max)
    {
        foreach (var id in dirty.Order(StringComparer.Ordinal).ToList())
        {
            if (decisions.Count >= max)
            {
                return;
            }

            dirty.Remove(id);
            if (items.TryGetValue(id, out var item) && plan(item) is { } decision)
            {
                decisions.Add(decision);
            }
        }
    }

    private Allocation? PlanNetwork(Network network)
    {
        if (_subnets.IsKnown(network.Id))
        {
            return null;
        }

        var (next, refusal) = _subnets.Allocate(network);
        if (next is not null)
        {
            return new Allocation(next, []);
        }

        _waitingNetworks.Add(network.Id);
        if (network.WaitsFor == refusal)
        {
            return null;
        }

        var waiting = network.Clone();
        waiting.WaitsFor = refusal;
        return new Allocation(waiting, []);
    }

    private Allocation? PlanService(Service service)
    {
        if (service.Spec.Endpoint.NeedsIngress() && _ingress is null)
        {
            return WaitFor(service, NoIngress);
        }

        var wanted = ServiceVips.Wanted(service, _networks.GetValueOrDefault, _ingress);
        if (ServiceVips.Has(service, wanted))
        {
            return service.WaitsFor.Length == 0 ? null : new Allocation(ServiceVips.With(service, wanted, []), []);
        }

        var taken = new List<HeldAddress>();
        foreach (var id in wanted.Where(id => service.Endpoint?.VirtualIps.Any(v => v.NetworkId == id) != true))
        {
            if (_book.Take(id, AddressEnd.High) is { } address)
            {
                taken.Add(address);
                continue;
            }

            taken.ForEach(_book.Release);
            return WaitFor(service, id);
        }

        return new Allocation(ServiceVips.With(service, wanted, taken), taken);
    }

    private Allocation? WaitFor(Service service, string networkId)
    {
        Wait(_waitingServices, networkId, service.Id);
        var reason = NetworkFacts.Lack(networkId, _networks.GetValueOrDefault(networkId), _book);
        if (service.WaitsFor == reason)
        {
            return null;
        }

        var waiting = service.Clone();
        waiting.WaitsFor = reason;
        return new Allocation(waiting, []);
    }

    private Allocation? PlanNode(Node node)
    {
        var wanted = _uses.Of(node.Id).Prepend(_ingress?.Id ?? "").Distinct()
            .Select(id => _networks.GetValueOrDefault(id)).OfType<Network>().Where(n => n.IsAllocated() && !n.IsNodeLocal()).ToList();
        var attachments = new List<NetworkAttachment>();
        var taken = new List<HeldAddress>();
        var reason = "";
        foreach (var network in wanted.OrderBy(n => n.Id, StringComparer.Ordinal))
        {
            if (node.Attachments.FirstOrDefault(a => a.Network?.Id == network.Id && a.Addresses.Count > 0) is { } has)
            {
                attachments.Add(has);
            }
            else if (_book.Take(network.Id, AddressEnd.High) is { } address)
            {
                taken.Add(address);
                attachments.Add(new NetworkAttachment { Network = network, Addresses = { address.Address } });
            }
            else
            {
                Wait(_waitingNodes, network.Id, node.Id);
                reason = NetworkFacts.Lack(network.Id, network, _book);
            }
        }

        if (taken.Count == 0 && attachments.Count == node.Attachments.Count && node.WaitsFor == reason)
        {
            return null;
        }

        var next = node.Clone();
        next.WaitsFor = reason;
        next.Attachments.Clear();
        next.Attachments.AddRange(attachments);
        return new Allocation(next, taken);
    }
}
