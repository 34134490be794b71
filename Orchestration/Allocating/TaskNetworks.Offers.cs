using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

// Who may go on to the scheduler, and with which addresses.
public sealed partial class TaskNetworks
{
    /// <summary>How the note of a task that waits here begins.</summary>
    internal const string NotePrefix = "waiting for a network: ";

    private (Endpoint? Of, Endpoint? From, Endpoint? Endpoint) _lastEndpoint;

    private bool NeedsNetworks(SwarmTask task) =>
        task.Spec?.Networks.Count > 0 || task.Endpoint?.Spec.NeedsIngress() == true
        || (_services.Count > 0 && _services.TryGetValue(task.ServiceId, out var service) && service.Spec.Networks().Count > 0);

    private void Offer(SwarmTask task)
    {
        if (_admitted.TryGetValue(task.Id, out var known))
        {
            if (Equals(known.Task.Spec, task.Spec))
            {
                Admit(task, known.Networks);
                return;
            }

            Forget(task.Id, null);
        }

        if (Attachments(task, out var obstacle) is { } attachments)
        {
            Unhold(task.Id);
            Admit(task, attachments);
        }
        else
        {
            Hold(task, obstacle);
        }
    }

    private void Admit(SwarmTask task, IReadOnlyList<NetworkAttachment> attachments)
    {
        var admitted = TaskCopy.Of(task);
        admitted.Networks.Clear();
        admitted.Networks.AddRange(attachments);
        admitted.Endpoint = EndpointOf(task);
        _admitted[task.Id] = new Admitted(task, attachments);
        foreach (var address in HeldAddresses.Of(attachments))
        {
            _reserved[address] = task.Id;
        }

        _scheduler.SetTask(null, admitted);
    }

    private void Hold(SwarmTask task, Obstacle obstacle)
    {
        _held[task.Id] = task;
        _waiting.Add(task.Id, obstacle);
        if (task.Status?.Err == ReasonOf(obstacle, task.Id))
        {
            _news.Remove(task.Id);
        }
        else
        {
            _news.Add(task.Id);
        }

        // It may have been let through before, with an address that it had to give up.
        _scheduler.SetTask(task, null);
    }

    private void Unhold(string id)
    {
        _held.Remove(id);
        _waiting.Remove(id);
        _news.Remove(id);
    }

    // What was kept for the task is free again, but for what it has now.
    private void Forget(string id, SwarmTask? now)
    {
        if (_admitted.Count == 0 || !_admitted.Remove(id, out var admitted))
        {
            return;
        }

        var kept = HeldAddresses.Of(now).ToHashSet();
        foreach (var address in HeldAddresses.Of(admitted.Networks))
        {
            if (_reserved.GetValueOrDefault(address) == id)
            {
                _reserved.Remove(address);
                if (!kept.Contains(address))
                {
                    _book.Release(address);
                }
            }
        }
    }

    // All or nothing (NET-6).
    private List<NetworkAttachment>? Attachments(SwarmTask task, out Obstacle obstacle)
    {
        obstacle = default;
        var service = _services.GetValueOrDefault(task.ServiceId);
        var attachments = new List<NetworkAttachment>();
        foreach (var config in Wanted(task, service))
        {
            obstacle = Take(config, service, attachments);
            if (!obstacle.IsNone)
            {
                foreach (var address in HeldAddresses.Of(attachments))
                {
                    _book.Release(address);
                }

                return null;
            }
        }

        return attachments;
    }

    private IEnumerable<NetworkAttachmentConfig> Wanted(SwarmTask task, Service? service)
    {
        var configs = task.Spec is { Networks.Count: > 0 } spec ? spec.Networks : service?.Spec.Networks() ?? [];
        return task.Endpoint?.Spec.NeedsIngress() == true
            ? configs.Prepend(new NetworkAttachmentConfig { Target = _ingress?.Id ?? "" })
            : configs;
    }

    private Obstacle Take(NetworkAttachmentConfig config, Service? service, List<NetworkAttachment> attachments)
    {
        if (!_networks.TryGetValue(config.Target, out var network) || !network.IsAllocated())
        {
            return Obstacle.Network(config.Target);
        }

        if (service is not null && LacksVip(service, network))
        {
            return Obstacle.Service(service.Id);
        }

        var attachment = new NetworkAttachment { Network = network, Aliases = { config.Aliases }, DriverAttachmentOpts = { config.DriverAttachmentOpts } };
        if (!network.IsNodeLocal())
        {
            foreach (var wanted in config.Addresses.DefaultIfEmpty(""))
            {
                if (_book.Take(network.Id, AddressEnd.Low, wanted) is not { } taken)
                {
                    attachments.Add(attachment);
                    return wanted.Length > 0 ? Obstacle.Wanted(network.Id) : Obstacle.NoAddress(network.Id);
                }

                attachment.Addresses.Add(taken.Address);
            }
        }

        attachments.Add(attachment);
        return default;
    }

    // A task of an older version may be on networks that its service has left.
    private bool LacksVip(Service service, Network network) =>
        ServiceVips.Wanted(service, _networks.GetValueOrDefault, _ingress).Contains(network.Id)
        && service.Endpoint?.VirtualIps.Any(v => v.NetworkId == network.Id) != true;

    // One endpoint for all tasks of a service: the store keeps it once.
    private Endpoint? EndpointOf(SwarmTask task)
    {
        if (!_services.TryGetValue(task.ServiceId, out var service) || service.Endpoint is not { VirtualIps.Count: > 0 } allocated)
        {
            return task.Endpoint;
        }

        if (!ReferenceEquals(_lastEndpoint.Of, allocated) || !ReferenceEquals(_lastEndpoint.From, task.Endpoint))
        {
            var endpoint = new Endpoint { Spec = task.Endpoint?.Spec, Ports = { task.Endpoint is { Ports.Count: > 0 } own ? own.Ports : allocated.Ports } };
            endpoint.VirtualIps.AddRange(allocated.VirtualIps);
            _lastEndpoint = (allocated, task.Endpoint, endpoint);
        }

        return _lastEndpoint.Endpoint;
    }

    private string ReasonOf(Obstacle obstacle, string taskId) => NotePrefix + obstacle.Kind switch
    {
        ObstacleKind.Service => ReasonOf(_services[obstacle.Id]),
        ObstacleKind.Wanted => ReasonOf(_held[taskId], _networks[obstacle.Id]),
        _ => NetworkFacts.Lack(obstacle.Id, _networks.GetValueOrDefault(obstacle.Id), _book),
    };

    private static string ReasonOf(Service service) =>
        $"service {service.Spec.Annotations?.Name} has no virtual IP yet{(service.WaitsFor.Length > 0 ? $": {service.WaitsFor}" : "")}";

    private string ReasonOf(SwarmTask task, Network network)
    {
        var wanted = Wanted(task, _services.GetValueOrDefault(task.ServiceId)).Where(c => c.Target == network.Id).SelectMany(c => c.Addresses);
        return $"{string.Join(", ", wanted)} is in use in network {network.DisplayName()}, or not one of its addresses";
    }

    private enum ObstacleKind
    {
        None,
        Network,
        Service,
        NoAddress,
        Wanted,
    }

    private sealed record Admitted(SwarmTask Task, IReadOnlyList<NetworkAttachment> Networks);

    private readonly record struct Obstacle(ObstacleKind Kind, string Id)
    {
        public bool IsNone => Kind == ObstacleKind.None;

        public static Obstacle Network(string id) => new(ObstacleKind.Network, id);

        public static Obstacle Service(string id) => new(ObstacleKind.Service, id);

        public static Obstacle NoAddress(string networkId) => new(ObstacleKind.NoAddress, networkId);

        public static Obstacle Wanted(string networkId) => new(ObstacleKind.Wanted, networkId);
    }
}
