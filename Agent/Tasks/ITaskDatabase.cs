using SwarmOrleans.Contracts;

namespace SwarmOrleans.Agent;

/// <summary>What an agent remembers over its own restart: its tasks and the states they had reached (C.2).</summary>
public interface ITaskDatabase : IDisposable
{
    /// <summary>All assigned tasks, with their stored status.</summary>
    IReadOnlyList<SwarmTask> Load();

    /// <summary>Stores assigned tasks; the status of one that is known stays.</summary>
    void Save(IReadOnlyList<SwarmTask> tasks);

    /// <summary>Stores the state that a task has reached.</summary>
    void SaveStatus(string taskId, SwarmTaskStatus status);

    /// <summary>Forgets a task.</summary>
    void Delete(string taskId);
}
