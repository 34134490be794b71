using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>How users know nodes.</summary>
public static class NodeNames
{
    /// <summary>The name that an operator gave it, else its host name, else its id.</summary>
    public static string DisplayName(this Node node)
    {
        ArgumentNullException.ThrowIfNull(node);
        return node.Spec?.Annotations?.Name is { Length: > 0 } name ? name : node.Description?.Hostname is { Length: > 0 } hostname ? hostname : node.Id;
    }
}
