using System.Net;
using DotNext.Net.Cluster.Consensus.Raft;
using DotNext.Net.Cluster.Consensus.Raft.Membership;

namespace SwarmOrleans.Raft.Engine;

/// <summary>
/// Makes a member the only one of its group, with everything in its log, after the others are lost (D.7). Run before the log is used.
/// </summary>
internal static class ForcedGroup
{
    // Should the others come back and form a quorum of their own, what they agree on must not look newer.
    private const long TermStep = 1000;

    public static async Task RunAsync(IPersistentState state, MemberStorage members, EndPoint self, CancellationToken cancellationToken)
    {
        await state.UpdateTermAsync(state.Term + TermStep, true, cancellationToken);
        IClusterConfigurationStorage<EndPoint> storage = members;
        var configuration = await storage.LoadConfigurationAsync(cancellationToken);
        foreach (var other in configuration.Members.Where(m => !m.Equals(self)).ToList())
        {
            configuration = configuration.Remove(other);
        }

        if (!configuration.Members.Contains(self))
        {
            configuration = configuration.Add(self);
        }

        // A change of members that is still in the tail of the log must not take effect when it is replayed.
        var (_, version) = await ((IClusterConfigurationStorage)members).LoadConfigurationAsync(cancellationToken);
        await storage.SaveConfigurationAsync(configuration, Math.Max(version + 1, state.LastEntryIndex), cancellationToken);
    }
}
