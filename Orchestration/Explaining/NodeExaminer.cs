using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>
/// Asks the scheduler's own filters about every node for one task, on the state of a view. Only what the task asks for is counted; a task that asks for nothing
/// that others can take looks at no other task.
/// </summary>
internal sealed class NodeExaminer
{
    private readonly PlacementGroup _group;
    private readonly List<NodeLoad> _nodes = [];
    private readonly ExplainInput _input;

    /// <param name="task">A task that has no node yet; one that was made for a node is asked about at that node alone.</param>
    /// <param name="input">The view.</param>
    public NodeExaminer(SwarmTask task, ExplainInput input)
    {
        _input = input;
        var service = new ServiceLoad(task.ServiceId);
        var volumes = new VolumeSet();
        _group = new PlacementGroup(WithNetworks(task, input), service, volumes);
        if (_group.VolumeMounts is not null)
        {
            Fill(volumes, input);
        }

        // The number of its tasks of the service is counted from the service.
        var mustCount = Array.Exists(_group.LoadFilters, f => f.Rule is PlacementRule.Resources or PlacementRule.HostPorts);
        var reader = new NodeLoadReader(mustCount ? input.TasksOnNode : _ => []);
        foreach (var node in task.NodeId.Length == 0 ? input.AllNodes() : input.FindNode(task.NodeId) is { } own ? [own] : [])
        {
            _nodes.Add(reader.Read(node, _nodes.Count, IsThere));
        }

        if (Array.Exists(_group.LoadFilters, f => f.Rule == PlacementRule.MaxReplicas))
        {
            Count(service, input.TasksOfService(task.ServiceId));
        }
    }

    /// <summary>What the filters say.</summary>
    /// <param name="limit">Most nodes to describe.</param>
    public PlacementExplanation Explain(int limit)
    {
        var filters = _group.Filters;
        var (failed, first, only) = (new uint[filters.Length], new int[filters.Length], new uint[filters.Length]);
        var failures = _nodes.ConvertAll(node => Array.FindAll(filters, f => !f.Passes(node)));
        foreach (var broken in failures.Where(b => b.Length > 0))
        {
            first[Array.IndexOf(filters, broken[0])]++;
            only[Array.IndexOf(filters, broken[0])] += broken.Length == 1 ? 1u : 0;
            foreach (var filter in broken)
            {
                failed[Array.IndexOf(filters, filter)]++;
            }
        }

        var rules = Enumerable.Range(0, filters.Length).Where(i => failed[i] > 0)
            .Select(i => new RuleSummary { Rule = filters[i].Rule, Asks = filters[i].Asks, Nodes = failed[i], OnlyNodes = only[i] })
            .OrderByDescending(r => r.Nodes).ThenBy(r => r.Rule);
        var shown = _nodes.Zip(failures).OrderBy(n => n.Second.Length).ThenBy(n => n.First.Node!.DisplayName(), StringComparer.Ordinal)
            .ThenBy(n => n.First.Id, StringComparer.Ordinal).Take(limit);
        return new PlacementExplanation
        {
            Nodes = (uint)_nodes.Count,
            FittingNodes = (uint)failures.Count(b => b.Length == 0),
            Rules = { rules },
            ShownNodes = { shown.Select(n => Describe(n.First, n.Second)) },
            Text = Blockage.TextOf(filters, first),
        };
    }

    // As the scheduler counts: what has a node, until it has ended (SCH-4).
    private static bool IsThere(SwarmTask task) => task.Observed() >= TaskState.Assigned && task.NodeId.Length > 0 && !task.HasEnded();

    // Which network plugins a task needs is known once it is on its networks; one that waits for a node has that still to come.
    private static SwarmTask WithNetworks(SwarmTask task, ExplainInput input)
    {
        var configs = task.Spec is { Networks.Count: > 0 } spec ? spec.Networks : input.FindService(task.ServiceId)?.Spec.Networks() ?? [];
        if (task.Networks.Count > 0 || configs.Count == 0)
        {
            return task;
        }

        var attached = TaskCopy.Of(task);
        attached.Networks.AddRange(configs.Select(c => input.FindNetwork(c.Target)).OfType<Network>().Select(n => new NetworkAttachment { Network = n }));
        return attached;
    }

    private static void Fill(VolumeSet volumes, ExplainInput input)
    {
        foreach (var volume in input.AllVolumes())
        {
            volumes.Set(volume.Id, volume);
        }

        foreach (var task in input.AllNodes().SelectMany(n => input.TasksOnNode(n.Id)).Where(t => t.Volumes.Count > 0 && IsThere(t)))
        {
            foreach (var volume in task.Volumes)
            {
                var mount = task.Spec?.Container?.Mounts.FirstOrDefault(m => m.Type == Mount.Types.Type.Cluster && m.Target == volume.Target);
                volumes.Reserve(volume.Id, task.Id, task.NodeId, mount?.Readonly ?? false);
            }
        }
    }

    private void Count(ServiceLoad service, IEnumerable<SwarmTask> tasks)
    {
        var indexes = _nodes.ToDictionary(n => n.Id, n => n.Index);
        foreach (var task in tasks)
        {
            if (task.IsWanted() && IsThere(task) && indexes.TryGetValue(task.NodeId, out var index))
            {
                service.Add(index);
            }
        }
    }

    private NodeExplanation Describe(NodeLoad node, PlacementFilter[] broken) => new()
    {
        NodeId = node.Id,
        NodeName = node.Node!.DisplayName(),
        Refusals = { broken.Select(f => Describe(node, f)) },
    };

    private NodeRefusal Describe(NodeLoad node, PlacementFilter filter)
    {
        var refusal = new NodeRefusal { Rule = filter.Rule, Detail = filter.Describe(node) };
        switch (filter)
        {
            case ResourceFilter resources:
                refusal.Shortages.AddRange(resources.Shortages(node));
                break;
            case HostPortFilter ports:
                refusal.Ports.AddRange(Uses(node, [.. ports.UsedOn(node)]));
                break;
        }

        return refusal;
    }

    private IEnumerable<PortUse> Uses(NodeLoad node, HashSet<HostPort> ports) => _input.TasksOnNode(node.Id).Where(IsThere)
        .SelectMany(task => HostPort.Of(task).Where(ports.Contains).Select(port => new PortUse
        {
            Protocol = port.Protocol,
            Port = port.Port,
            TaskId = task.Id,
            ServiceName = task.ServiceAnnotations?.Name ?? "",
        }));
}
