using System.Net;

namespace SwarmOrleans.Raft.Snapshots;

/// <summary>When a member takes its next snapshot.</summary>
/// <param name="minBytes">Log bytes between two snapshots, at least.</param>
/// <param name="self">
/// The member's endpoint: members with neighbouring addresses or ports take their turns at different sizes of the log, so that seldom more
/// than one of a group is busy with it and the others' majority stays fast.
/// </param>
internal sealed class SnapshotSchedule(long minBytes, IPEndPoint self)
{
    private const int Turns = 3;

    // A snapshot costs what the state does: the log grows by a multiple of it first.
    private readonly double _growth = 2 + ((self.Port + self.Address.GetAddressBytes().Sum(b => b)) % Turns * 0.5);

    /// <summary>Log bytes after <paramref name="last"/>, null before the first, after which the next is due.</summary>
    public long BytesAfter(SnapshotDescriptor? last) => Math.Max(minBytes, (long)(_growth * (last?.Length ?? 0)));
}
