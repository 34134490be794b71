using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>Cluster volumes and the tasks that use them (SCH-28, SCH-29).</summary>
internal sealed class VolumeSet
{
    private const string GroupPrefix = "group:";

    private readonly Dictionary<string, VolumeUses> _volumes = [];
    private readonly Dictionary<string, SortedDictionary<string, VolumeUses>> _bySource = [];
    private readonly SortedSet<string> _unsettled = new(StringComparer.Ordinal);

    /// <summary>Grows with each change that may let a mount be satisfied.</summary>
    public long Version { get; private set; }

    /// <summary>A volume is new or has changed, or is gone. Only those that its driver has created can be used (SCH-2).</summary>
    public void Set(string id, Volume? now)
    {
        Version++;
        if (!_volumes.TryGetValue(id, out var uses))
        {
            if (now is null)
            {
                return;
            }

            _volumes.Add(id, uses = new VolumeUses());
        }

        Index(id, uses, now);
        _unsettled.Add(id);
        if (now is null && uses.IsUnused)
        {
            _volumes.Remove(id);
        }
    }

    /// <summary>A volume for each mount, in their order, that may be used on the node together; null when there is none.</summary>
    public IReadOnlyList<VolumeAttachment>? Choose(IReadOnlyList<Mount> mounts, NodeLoad node)
    {
        var chosen = new List<VolumeAttachment>(mounts.Count);
        foreach (var mount in mounts)
        {
            if (Find(mount, node) is not { } volume)
            {
                return null;
            }

            chosen.Add(new VolumeAttachment { Id = volume.Id, Source = mount.Source, Target = mount.Target });
        }

        return chosen;
    }

    /// <summary>A task on a node uses the volume.</summary>
    public void Reserve(string id, string taskId, string nodeId, bool isReadOnly)
    {
        if (!_volumes.TryGetValue(id, out var uses))
        {
            _volumes.Add(id, uses = new VolumeUses());
        }

        uses.Add(taskId, nodeId, isReadOnly);
    }

    /// <summary>It does so no longer.</summary>
    public void Release(string id, string taskId)
    {
        if (_volumes.TryGetValue(id, out var uses) && uses.Remove(taskId))
        {
            Version++;
            _unsettled.Add(id);
        }
    }

    /// <summary>
    /// Copies of the volumes that changed lately and are PUBLISHED on nodes where no task uses them, with those statuses set to
    /// PENDING_NODE_UNPUBLISH (SCH-27).
    /// </summary>
    public IReadOnlyList<Volume> TakeFreed()
    {
        var freed = new List<Volume>();
        foreach (var id in _unsettled)
        {
            if (_volumes.TryGetValue(id, out var uses) && uses.WithoutUnused() is { } changed)
            {
                freed.Add(changed);
            }
        }

        _unsettled.Clear();
        return freed;
    }

    /// <summary>Number of tasks that use the volume on the node.</summary>
    public int UsersOn(string id, string nodeId) => _volumes.TryGetValue(id, out var uses) ? uses.On(nodeId) : 0;

    private Volume? Find(Mount mount, NodeLoad node)
    {
        if (_bySource.TryGetValue(mount.Source, out var candidates))
        {
            foreach (var uses in candidates.Values)
            {
                if (uses.IsFree(node, mount.Readonly))
                {
                    return uses.Volume;
                }
            }
        }

        return null;
    }

    private void Index(string id, VolumeUses uses, Volume? now)
    {
        foreach (var source in SourcesOf(uses.Volume))
        {
            if (_bySource.TryGetValue(source, out var known) && known.Remove(id) && known.Count == 0)
            {
                _bySource.Remove(source);
            }
        }

        uses.Volume = now;
        foreach (var source in SourcesOf(now))
        {
            if (!_bySource.TryGetValue(source, out var known))
            {
                _bySource.Add(source, known = new SortedDictionary<string, VolumeUses>(StringComparer.Ordinal));
            }

            known[id] = uses;
        }
    }

    private static IEnumerable<string> SourcesOf(Volume? volume)
    {
        if (volume?.Spec?.Annotations?.Name is { Length: > 0 } name)
        {
            yield return name;
        }

        if (volume?.Spec?.Group is { Length: > 0 } group)
        {
            yield return GroupPrefix + group;
        }
    }
}
