using SwarmOrleans.Contracts;
using SwarmOrleans.Contracts.Constraints;

namespace SwarmOrleans.Orchestration;

/// <summary>Does a task still run what its service wants (DIR-1 to DIR-6)?</summary>
internal static class DirtyCheck
{
    public static bool IsDirty(Service service, SwarmTask task, Node? node)
    {
        if (task.SpecVersion is not null && service.SpecVersion is not null && task.SpecVersion.Index == service.SpecVersion.Index)
        {
            return false;
        }

        var wanted = service.Spec.Task;
        if (!Equals(wanted.Placement, task.Spec.Placement) && node is not null && ConstraintSet.Of(wanted).Matches(node))
        {
            var moved = task.Spec.Clone();
            moved.Placement = wanted.Placement;
            if (moved.Equals(wanted))
            {
                return false;
            }
        }

        return !EqualSpecs(wanted, task) || (task.Endpoint is not null && !Equals(service.Spec.Endpoint, task.Endpoint.Spec));
    }

    private static bool EqualSpecs(TaskSpec wanted, SwarmTask task)
    {
        if (wanted.Equals(task.Spec))
        {
            return true;
        }

        // New registry credentials alone do not restart what has its image already (DIR-3).
        var hasImage = task.IsWanted() && task.Observed() is >= TaskState.Ready and <= TaskState.Running;
        if (!hasImage || wanted.Container is null || task.Spec.Container is null)
        {
            return false;
        }

        var (a, b) = (wanted.Clone(), task.Spec.Clone());
        a.Container.PullOptions = null;
        b.Container.PullOptions = null;
        return a.Equals(b);
    }
}
