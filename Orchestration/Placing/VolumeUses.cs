using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>One cluster volume and the tasks that use it.</summary>
internal sealed class VolumeUses
{
    private readonly Dictionary<string, (string NodeId, bool IsReadOnly)> _users = [];
    private readonly Dictionary<string, int> _perNode = [];
    private int _writers;

    /// <summary>The volume as it is now; null while only its users are known.</summary>
    public Volume? Volume { get; set; }

    public bool IsUnused => _users.Count == 0;

    public int On(string nodeId) => _perNode.GetValueOrDefault(nodeId);

    public void Add(string taskId, string nodeId, bool isReadOnly)
    {
        Remove(taskId);
        _users.Add(taskId, (nodeId, isReadOnly));
        _perNode[nodeId] = On(nodeId) + 1;
        _writers += isReadOnly ? 0 : 1;
    }

    public bool Remove(string taskId)
    {
        if (!_users.Remove(taskId, out var use))
        {
            return false;
        }

        _writers -= use.IsReadOnly ? 0 : 1;
        if (On(use.NodeId) is var count && count > 1)
        {
            _perNode[use.NodeId] = count - 1;
        }
        else
        {
            _perNode.Remove(use.NodeId);
        }

        return true;
    }

    /// <summary>True when one more task may use it on the node (SCH-29).</summary>
    public bool IsFree(NodeLoad node, bool isReadOnly)
    {
        if (Volume is not { Spec: { } spec, VolumeInfo: { VolumeId.Length: > 0 } info, PendingDelete: false }
            || spec.Availability != VolumeSpec.Types.VolumeAvailability.Active)
        {
            return false;
        }

        var mode = spec.AccessMode ?? new VolumeAccessMode();
        if (mode.Scope == VolumeAccessMode.Types.Scope.SingleNode && _perNode.Count > (On(node.Id) > 0 ? 1 : 0))
        {
            return false;
        }

        return IsShareable(mode.Sharing, isReadOnly) && VolumeTopology.Includes(TopologyOf(node, spec.Driver?.Name), info.AccessibleTopology);
    }

    /// <summary>A copy in which every PUBLISHED status of a node without users is PENDING_NODE_UNPUBLISH; null when there is none.</summary>
    public Volume? WithoutUnused()
    {
        if (Volume is not { } volume || !volume.PublishStatus.Any(IsUnneeded))
        {
            return null;
        }

        var copy = volume.Clone();
        foreach (var status in copy.PublishStatus.Where(IsUnneeded))
        {
            status.State = VolumePublishStatus.Types.State.PendingNodeUnpublish;
        }

        return copy;
    }

    private bool IsShareable(VolumeAccessMode.Types.Sharing sharing, bool isReadOnly) => sharing switch
    {
        VolumeAccessMode.Types.Sharing.None => _users.Count == 0,
        VolumeAccessMode.Types.Sharing.ReadOnly => isReadOnly,
        VolumeAccessMode.Types.Sharing.OneWriter => isReadOnly || _writers == 0,
        _ => true,
    };

    private bool IsUnneeded(VolumePublishStatus status) =>
        status.State == VolumePublishStatus.Types.State.Published && On(status.NodeId) == 0;

    private static Topology? TopologyOf(NodeLoad node, string? driver)
    {
        foreach (var info in node.Node?.Description?.CsiInfo ?? [])
        {
            if (info.PluginName == driver)
            {
                return info.AccessibleTopology;
            }
        }

        return null;
    }
}
