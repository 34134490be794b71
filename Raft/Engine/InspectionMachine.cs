using DotNext.Net.Cluster.Consensus.Raft.StateMachine;

namespace SwarmOrleans.Raft.Engine;

/// <summary>Lets a log be opened for reading alone: nothing is applied and nothing compacted.</summary>
internal sealed class InspectionMachine(ISnapshot? snapshot) : IStateMachine
{
    public ISnapshot? Snapshot => snapshot;

    public ValueTask<long> ApplyAsync(LogEntry entry, CancellationToken token) => new(entry.Index);

    public ValueTask ReclaimGarbageAsync(long watermark, CancellationToken token) => ValueTask.CompletedTask;
}
