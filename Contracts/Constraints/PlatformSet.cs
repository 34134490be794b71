namespace SwarmOrleans.Contracts.Constraints;

/// <summary>Platforms of which one must be the node's; none: every node matches.</summary>
public sealed class PlatformSet
{
    private readonly (string Os, string Architecture)[] _platforms;

    private PlatformSet((string Os, string Architecture)[] platforms) => _platforms = platforms;

    /// <summary>The platforms of a task spec.</summary>
    public static PlatformSet Of(TaskSpec? spec) => Of(spec?.Placement?.Platforms ?? []);

    /// <summary>These platforms.</summary>
    public static PlatformSet Of(IEnumerable<Platform> platforms) => new([.. platforms.Select(p => (p.Os, Normal(p.Architecture)))]);

    /// <summary>True when one of them is the node's. Empty fields of a platform match everything; a node of unknown platform matches none.</summary>
    public bool Matches(Node node)
    {
        ArgumentNullException.ThrowIfNull(node);
        return _platforms.Length == 0 || (node.Description?.Platform is { } actual && Array.Exists(_platforms, p =>
            (p.Os.Length == 0 || p.Os.Equals(actual.Os, StringComparison.OrdinalIgnoreCase))
            && (p.Architecture.Length == 0 || p.Architecture == Normal(actual.Architecture))));
    }

    private static string Normal(string architecture) => architecture.ToLowerInvariant() switch
    {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        var other => other,
    };
}
