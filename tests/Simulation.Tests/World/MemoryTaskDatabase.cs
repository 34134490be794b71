using SwarmOrleans.Agent;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Tests.Simulation.World;

/// <summary>An agent's disk: what is saved is there after a restart.</summary>
internal sealed class MemoryTaskDatabase : ITaskDatabase
{
    private readonly SortedDictionary<string, (SwarmTask Task, SwarmTaskStatus? Status)> _rows = new(StringComparer.Ordinal);

    public IReadOnlyList<SwarmTask> Load() =>
    [
        .. _rows.Values.Select(row =>
        {
            var task = row.Task.Clone();
            task.Status = row.Status?.Clone() ?? task.Status;
            return task;
        }),
    ];

    public void Save(IReadOnlyList<SwarmTask> tasks)
    {
        foreach (var task in tasks)
        {
            _rows[task.Id] = (task.Clone(), _rows.GetValueOrDefault(task.Id).Status);
        }
    }

    public void SaveStatus(string taskId, SwarmTaskStatus status)
    {
        if (_rows.TryGetValue(taskId, out var row))
        {
            _rows[taskId] = row with { Status = status.Clone() };
        }
    }

    public void Delete(string taskId) => _rows.Remove(taskId);

    public void Dispose()
    {
        // The disk stays.
    }
}
