using SwarmOrleans.Contracts;
using SwarmOrleans.Contracts.Templates;

namespace SwarmOrleans.Agent;

/// <summary>What tasks need beside their assignment: secrets, configs, and facts about the node for their templates.</summary>
/// <param name="dependencies">Secrets and configs of this node.</param>
/// <param name="directory">Where files of tasks are written; empty for an agent that cannot.</param>
/// <param name="describe">The node.</param>
internal sealed class TaskInputs(DependencySet dependencies, string directory, Func<CancellationToken, Task<NodeDescription>> describe)
{
    public DependencySet Dependencies => dependencies;

    /// <summary>The task as its executor gets it: with the templates of its container spec expanded (TPL-2).</summary>
    /// <exception cref="TaskException">A template is wrong, or the node cannot be described now.</exception>
    public async ValueTask<SwarmTask> ExpandAsync(SwarmTask task, CancellationToken cancellationToken)
    {
        if (task.Spec?.Container is not { } container || !ContainerTemplates.HasTemplates(container))
        {
            return task;
        }

        var node = await describe(cancellationToken);
        try
        {
            var expanded = task.Clone();
            expanded.Spec.Container = ContainerTemplates.Expand(node, task);
            return expanded;
        }
        catch (TemplateException e)
        {
            throw new TaskException(e.Message, inner: e);
        }
    }

    /// <summary>The files of a task's secrets and configs.</summary>
    /// <param name="task">The task as it was assigned: what its templates say of <c>env</c> is meant unexpanded.</param>
    public TaskFiles FilesOf(SwarmTask task) => new(directory, task, dependencies, describe);

    /// <summary>Removes files of tasks that this node does not have any more.</summary>
    public void KeepOnly(IEnumerable<string> taskIds)
    {
        if (directory.Length == 0 || !Directory.Exists(directory))
        {
            return;
        }

        foreach (var path in Directory.GetDirectories(directory).ExceptBy(taskIds, Path.GetFileName))
        {
            Directory.Delete(path, recursive: true);
        }
    }
}
