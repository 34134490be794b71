namespace SwarmOrleans.Store.Log;

/// <summary>What a member knows about leadership.</summary>
/// <param name="Term">Term of the leadership; grows with every election.</param>
/// <param name="LeaderAddress">Advertised host:port of the leader; null while none is known.</param>
/// <param name="IsLeader">
/// This member leads <paramref name="Term"/>, and has applied every entry of earlier terms: leader work may start.
/// </param>
public sealed record LeadershipState(long Term, string? LeaderAddress, bool IsLeader)
{
    /// <summary>Before anything is known.</summary>
    public static LeadershipState None { get; } = new(0, null, false);
}
