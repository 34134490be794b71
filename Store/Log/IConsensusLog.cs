namespace SwarmOrleans.Store.Log;

/// <summary>
/// The port to consensus: an agreed, durable order of opaque entries. The Raft adapter and the simulation implement it.
/// Entries reach the replica through <see cref="ILogConsumer"/>, in order, on every member.
/// </summary>
public interface IConsensusLog : IAsyncDisposable
{
    /// <summary>Who leads, as this member knows it now. Replaced whole; never blocks.</summary>
    LeadershipState Leadership { get; }

    /// <summary>Members of the group as of the last applied configuration.</summary>
    IReadOnlyList<LogMember> Members { get; }

    /// <summary>Completes as soon as <see cref="Leadership"/> differs from <paramref name="seen"/>.</summary>
    Task<LeadershipState> WaitForChangeAsync(LeadershipState seen, CancellationToken cancellationToken);

    /// <summary>
    /// Appends one entry under <paramref name="term"/>. Completes when the entry is on stable storage on a majority and applied here.
    /// </summary>
    /// <exception cref="NotLeaderException">Nothing was appended: this member does not lead that term.</exception>
    /// <exception cref="OutcomeUnknownException">The entry may or may not be committed.</exception>
    ValueTask AppendAsync(long term, ReadOnlyMemory<byte> entry, CancellationToken cancellationToken);

    /// <summary>
    /// Hands encoded commands to the leader's <see cref="ILogConsumer.Submit"/>. Completes when the leader has queued them, which promises nothing:
    /// the origin learns the outcome from its own replica, and sends again when it does not.
    /// </summary>
    /// <exception cref="NotLeaderException">No leader is known or it cannot be reached.</exception>
    ValueTask SendToLeaderAsync(IReadOnlyList<ReadOnlyMemory<byte>> commands, CancellationToken cancellationToken);

    /// <summary>
    /// A linearizable read point: completes when this replica has applied everything that was committed before the call.
    /// The quorum is asked by the leader, one round for all callers that wait together.
    /// </summary>
    /// <exception cref="NotLeaderException">No leader, or it has no quorum.</exception>
    ValueTask ReadBarrierAsync(CancellationToken cancellationToken);

    /// <summary>Adds a caught-up member. Leader only; one change at a time.</summary>
    /// <exception cref="NotLeaderException">This member does not lead.</exception>
    /// <exception cref="MembershipChangeException">The member cannot be reached or did not catch up.</exception>
    Task AddMemberAsync(LogMember member, CancellationToken cancellationToken);

    /// <summary>Removes a member, the leader itself included. Leader only; refused when the rest would have no reachable majority.</summary>
    /// <exception cref="NotLeaderException">This member does not lead.</exception>
    /// <exception cref="MembershipChangeException">The removal would lose the quorum, or the member is unknown.</exception>
    Task RemoveMemberAsync(string address, CancellationToken cancellationToken);
}
