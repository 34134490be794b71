using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>
/// Gives networks their subnets, services their virtual IPs and nodes their load balancers' addresses (ALO-1 to ALO-9). It is fed with changes and looks
/// only at what they concern. What waits is tried again as soon as what it waits for may be there: unlike SwarmKit's it needs no timer (ALO-8).
/// Not safe for concurrent use.
/// </summary>
public sealed partial class Allocator
{
    private const string NoIngress = "";

    private readonly NetworkAllocator _subnets = new();
    private readonly AddressBook _book;
    private readonly NodeNetworks _uses;
    private readonly Dictionary<string, Network> _networks = [];
    private readonly Dictionary<string, Service> _services = [];
    private readonly Dictionary<string, Node> _nodes = [];
    private readonly HashSet<string> _dirtyNetworks = [];
    private readonly HashSet<string> _dirtyServices = [];
    private readonly HashSet<string> _dirtyNodes = [];
    private readonly HashSet<string> _waitingNetworks = [];
    private readonly Dictionary<string, HashSet<string>> _waitingServices = [];
    private readonly Dictionary<string, HashSet<string>> _waitingNodes = [];
    private Network? _ingress;

    /// <summary>Knows of nothing yet.</summary>
    public Allocator()
    {
        _book = new AddressBook(Wake);
        _uses = new NodeNetworks(id => _dirtyNodes.Add(id));
    }

    /// <summary>True when there may be something to decide.</summary>
    public bool HasWork => _dirtyNetworks.Count + _dirtyServices.Count + _dirtyNodes.Count > 0;

    /// <summary>Number of addresses that objects have in a network.</summary>
    public long InUse(string networkId) => _book.InUse(networkId);

    /// <summary>The cluster's settings: where subnets come from.</summary>
    public void SetCluster(Cluster? now)
    {
        if (_subnets.Configure(now))
        {
            RetryNetworks();
        }
    }

    /// <summary>A network is new or has changed, or, when <paramref name="now"/> is null, is gone (ALO-3).</summary>
    public void SetNetwork(string id, Network? now)
    {
        if (now is null)
        {
            Remove(id);
            return;
        }

        _networks[id] = now;
        if (now.IsIngress())
        {
            _ingress = now;
        }

        if (!now.IsAllocated())
        {
            _dirtyNetworks.Add(id);
            return;
        }

        _subnets.Restore(now);
        _dirtyNetworks.Remove(id);
        _waitingNetworks.Remove(id);
        if (_book.SetNetwork(id, now) || now.IsNodeLocal())
        {
            Use(now);
        }
    }

    /// <summary>A service is new or has changed, or, when <paramref name="now"/> is null, is gone (ALO-4).</summary>
    public void SetService(Service? old, Service? now)
    {
        _book.Set(old, now);
        var id = (now ?? old)!.Id;
        if (now?.Spec is null || !ServiceVips.Concern(now))
        {
            _services.Remove(id);
            _dirtyServices.Remove(id);
            return;
        }

        _services[id] = now;
        _dirtyServices.Add(id);
    }

    /// <summary>A node is new or has changed, or, when <paramref name="now"/> is null, is gone.</summary>
    public void SetNode(Node? old, Node? now)
    {
        _book.Set(old, now);
        var id = (now ?? old)!.Id;
        if (now is null)
        {
            _nodes.Remove(id);
            _dirtyNodes.Remove(id);
            return;
        }

        var isKnown = _nodes.ContainsKey(id);
        _nodes[id] = now;
        if (!isKnown || old is null || !old.Attachments.Equals(now.Attachments))
        {
            _dirtyNodes.Add(id);
        }
    }

    /// <summary>A task is new or has changed, or, when <paramref name="now"/> is null, is gone (ALO-5).</summary>
    public void SetTask(SwarmTask? old, SwarmTask? now)
    {
        if (old is { Networks.Count: > 0 } || now is { Networks.Count: > 0 })
        {
            _book.Set(old, now);
            _uses.SetTask(old, now);
        }
    }

    private void Remove(string id)
    {
        _networks.Remove(id);
        _dirtyNetworks.Remove(id);
        _waitingNetworks.Remove(id);
        _ingress = _ingress?.Id == id ? null : _ingress;
        _book.SetNetwork(id, null);
        if (_subnets.Release(id))
        {
            RetryNetworks();
        }

        foreach (var node in _nodes.Values.Where(n => n.Attachments.Any(a => a.Network?.Id == id)))
        {
            _dirtyNodes.Add(node.Id);
        }

        Wake(id);
    }

    private void Use(Network network)
    {
        Wake(network.Id);
        if (network.IsIngress())
        {
            Wake(NoIngress);
            _dirtyNodes.UnionWith(_nodes.Keys);
        }
    }

    // Who cannot have an address yet waits again.
    private void Wake(string networkId)
    {
        if (_waitingServices.Remove(networkId, out var services))
        {
            _dirtyServices.UnionWith(services);
        }

        if (_waitingNodes.Remove(networkId, out var nodes))
        {
            _dirtyNodes.UnionWith(nodes);
        }
    }

    private static void Wait(Dictionary<string, HashSet<string>> waiting, string networkId, string id)
    {
        if (!waiting.TryGetValue(networkId, out var ids))
        {
            waiting.Add(networkId, ids = []);
        }

        ids.Add(id);
    }

    private void RetryNetworks() => _dirtyNetworks.UnionWith(_waitingNetworks);
}
