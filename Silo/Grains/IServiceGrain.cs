using Orleans;
using SwarmOrleans.Silo.Reconciling;

namespace SwarmOrleans.Silo.Grains;

/// <summary>One service's reconciler. The key is the service's id.</summary>
public interface IServiceGrain : IGrainWithStringKey
{
    Task<ReconcileResult> ReconcileAsync();
}

/// <summary>Consequences for one node. The key is the node's id.</summary>
public interface INodeGrain : IGrainWithStringKey
{
    Task<ReconcileResult> ReconcileAsync();
}

/// <summary>Follows one task for whoever asks; gone with the asker. The key is the task's id.</summary>
public interface ITaskGrain : IGrainWithStringKey
{
    /// <summary>Waits until the task has reached a state; answers the one it has at the end of the wait, or null when it does not exist.</summary>
    Task<int?> WaitForStateAsync(int state, TimeSpan patience);
}

/// <summary>One manager, for calls from other managers. The key is its node id; never another manager answers for it.</summary>
public interface IManagerGrain : IGrainWithStringKey
{
    Task<ManagerReport> ReportAsync();
}

/// <summary>How far a manager is.</summary>
/// <param name="Version">Store version of its replica.</param>
/// <param name="Term">Term that it knows.</param>
/// <param name="IsLeader">It leads.</param>
/// <param name="Sessions">Agents whose sessions it serves.</param>
[GenerateSerializer, Immutable]
public sealed record ManagerReport(
    [property: Id(0)] ulong Version, [property: Id(1)] long Term, [property: Id(2)] bool IsLeader, [property: Id(3)] int Sessions);
