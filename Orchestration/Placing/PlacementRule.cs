namespace SwarmOrleans.Orchestration;

/// <summary>What a node must satisfy to run a task, in the order in which it is checked (section 16.2).</summary>
public enum PlacementRule
{
    /// <summary>The node is READY and ACTIVE.</summary>
    Ready,

    /// <summary>Its free CPU, memory and generic resources cover the reservations.</summary>
    Resources,

    /// <summary>It has the volume, network and log plugins.</summary>
    Plugins,

    /// <summary>It satisfies the placement constraints.</summary>
    Constraints,

    /// <summary>Its platform is one of those listed.</summary>
    Platform,

    /// <summary>The host ports that the task publishes are free there.</summary>
    HostPorts,

    /// <summary>It runs fewer tasks of the service than the maximum a node.</summary>
    MaxReplicas,

    /// <summary>Each cluster volume mount can be satisfied there.</summary>
    Volumes,
}

/// <summary>One reason why one node cannot run a task.</summary>
/// <param name="NodeId">The node.</param>
/// <param name="Rule">The rule that it breaks.</param>
/// <param name="Reason">What was asked and what the node has, in words.</param>
public sealed record NodeRefusal(string NodeId, PlacementRule Rule, string Reason);
