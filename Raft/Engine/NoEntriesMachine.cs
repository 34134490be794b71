using DotNext.Net.Cluster.Consensus.Raft.StateMachine;

namespace SwarmOrleans.Raft.Engine;

/// <summary>What the engine's own log is given, of which we use term and vote alone: it never has an entry.</summary>
internal sealed class NoEntriesMachine : IStateMachine
{
    public ISnapshot? Snapshot => null;

    public ValueTask<long> ApplyAsync(LogEntry entry, CancellationToken token) => new(entry.Index);

    public ValueTask ReclaimGarbageAsync(long watermark, CancellationToken token) => ValueTask.CompletedTask;
}
