using DotNext.IO.Log;
using DotNext.Net.Cluster.Consensus.Raft;
using DotNext.Net.Cluster.Consensus.Raft.StateMachine;

namespace SwarmOrleans.Raft.Engine;

/// <summary>
/// The engine's log with what it lacks. A follower flushes before it acknowledges: as shipped it answers from memory, so that an
/// acknowledged write could vanish from a majority. And a follower far behind is brought up in bounded steps.
/// </summary>
internal sealed class DurableWal(WriteAheadLog.Options options, IStateMachine stateMachine)
    : WriteAheadLog(options, stateMachine), IAuditTrail<IRaftLogEntry>
{
    async ValueTask IAuditTrail<IRaftLogEntry>.AppendAsync<TEntry>(
        ILogEntryProducer<TEntry> entries, long startIndex, bool skipCommitted, CancellationToken token)
    {
        var any = entries.RemainingCount > 0;
        await AppendAsync(entries, startIndex, skipCommitted, token).ConfigureAwait(false);
        if (any)
        {
            // The caller holds the engine's transition lock, so that no other flush runs.
            await FlushAsync(token).ConfigureAwait(false);
        }
    }

    ValueTask<TResult> IAuditTrail<IRaftLogEntry>.ReadAsync<TResult>(
        ILogEntryConsumer<IRaftLogEntry, TResult> reader, long startIndex, long endIndex, CancellationToken token) =>
        typeof(TResult) == typeof(Result<ReplicationStatus>)
            ? ReadAsync(new BoundedReplication<TResult>(reader), startIndex, endIndex, token)
            : ReadAsync(reader, startIndex, endIndex, token);
}
