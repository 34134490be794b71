using SwarmOrleans.Contracts;

namespace SwarmOrleans.Agent;

/// <summary>The tasks of this node: follows the assignments, keeps the database, reports states (C.2).</summary>
internal sealed class Worker(IExecutor executor, ITaskDatabase database, TaskInputs inputs, TimeProvider time, StatusReporter reporter)
{
    private readonly Dictionary<string, TaskRunner> _runners = [];
    private readonly HashSet<Task> _removals = [];
    private readonly Lock _lock = new();

    /// <summary>Takes up the tasks that were assigned before the agent stopped.</summary>
    public void Adopt()
    {
        var tasks = database.Load();
        inputs.KeepOnly(tasks.Select(t => t.Id));
        foreach (var task in tasks)
        {
            Run(task);
        }
    }

    /// <summary>Follows one message of the assignment stream.</summary>
    public void Apply(AssignmentsMessage message)
    {
        var updated = new List<SwarmTask>();
        var removed = new HashSet<string>();
        foreach (var change in message.Changes)
        {
            if (change.Assignment?.Task is { } task)
            {
                if (change.Action == AssignmentChange.Types.AssignmentAction.Remove)
                {
                    removed.Add(task.Id);
                }
                else
                {
                    updated.Add(task);
                }
            }
        }

        if (message.Type == AssignmentsMessage.Types.Type.Complete)
        {
            var kept = updated.Select(t => t.Id).ToHashSet();
            lock (_lock)
            {
                removed.UnionWith(_runners.Keys.Where(id => !kept.Contains(id)));
            }
        }

        database.Save(updated);
        inputs.Dependencies.Add(message);
        foreach (var task in updated)
        {
            Run(task);
        }

        foreach (var id in removed)
        {
            Remove(id);
        }

        inputs.Dependencies.Remove(message);
    }

    /// <summary>Reports every state again, to a manager that may not know them.</summary>
    public void ReportAll()
    {
        lock (_lock)
        {
            foreach (var (id, runner) in _runners)
            {
                reporter.Add(id, runner.Status);
            }
        }
    }

    /// <summary>Stops following the tasks, and waits for removals that are under way: nobody would know of those tasks later.</summary>
    /// <param name="stopTasks">True to stop the tasks too; else they go on and are adopted later.</param>
    /// <param name="cancellationToken">Gives up waiting for tasks to stop.</param>
    public async Task StopAsync(bool stopTasks, CancellationToken cancellationToken)
    {
        List<TaskRunner> runners;
        List<Task> removals;
        lock (_lock)
        {
            runners = [.. _runners.Values];
            removals = [.. _removals];
            _runners.Clear();
        }

        await Task.WhenAll(runners.Select(r => stopTasks ? r.RemoveAsync(cancellationToken) : r.StopAsync()).Concat(removals));
    }

    private void Run(SwarmTask task)
    {
        TaskRunner? runner;
        lock (_lock)
        {
            if (_runners.TryGetValue(task.Id, out runner))
            {
                runner.Update(task);
                return;
            }

            runner = new TaskRunner(task, executor, inputs, time, OnStatus);
            _runners.Add(task.Id, runner);
        }

        runner.Start();
    }

    private void OnStatus(string taskId, SwarmTaskStatus status)
    {
        database.SaveStatus(taskId, status);
        reporter.Add(taskId, status);
    }

    private void Remove(string taskId)
    {
        TaskRunner? runner;
        lock (_lock)
        {
            if (!_runners.Remove(taskId, out runner))
            {
                return;
            }
        }

        database.Delete(taskId);
        reporter.Forget(taskId);
        var removal = runner.RemoveAsync(CancellationToken.None);
        lock (_lock)
        {
            _removals.RemoveWhere(r => r.IsCompleted);
            _removals.Add(removal);
        }
    }
}
