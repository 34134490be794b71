namespace SwarmOrleans.Store.Log;

/// <summary>One member of the group.</summary>
/// <param name="Address">Advertised host:port; the member's identity in the log.</param>
/// <param name="IsReachable">It answered the leader lately, or is this member. Known on the leader; true elsewhere unless proven otherwise.</param>
public sealed record LogMember(string Address, bool IsReachable = true);
