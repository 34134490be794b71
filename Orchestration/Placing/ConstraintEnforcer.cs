using SwarmOrleans.Contracts;
using SwarmOrleans.Contracts.Constraints;

namespace SwarmOrleans.Orchestration;

/// <summary>Finds tasks that their node may not run any more (ENF-1 to ENF-5).</summary>
public static class ConstraintEnforcer
{
    /// <summary>Tasks of the node to be REJECTED, in order of their ids.</summary>
    /// <param name="node">The node as it is now.</param>
    /// <param name="tasks">Its tasks.</param>
    /// <param name="findService">The service with that id, or null: its constraints count, not those the task was made with.</param>
    public static IReadOnlyList<SwarmTask> FindViolations(Node node, IEnumerable<SwarmTask> tasks, Func<string, Service?> findService)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(findService);
        if ((node.Spec?.Availability ?? NodeSpec.Types.Availability.Active) != NodeSpec.Types.Availability.Active)
        {
            return [];
        }

        var cpu = node.Description?.Resources?.NanoCpus ?? 0;
        var memory = node.Description?.Resources?.MemoryBytes ?? 0;
        var generic = new List<GenericResource>(node.Description?.Resources is { } described ? described.Generic : []);
        var violations = new List<SwarmTask>();
        foreach (var task in tasks.OrderBy(t => t.Id, StringComparer.Ordinal))
        {
            if (task.DesiredState is < TaskState.Assigned or > TaskState.Complete || task.Observed() >= TaskState.Complete)
            {
                continue;
            }

            var reserved = task.Spec?.Resources?.Reservations;
            var spec = findService(task.ServiceId)?.Spec?.Task ?? task.Spec;
            if (!ConstraintSet.Of(spec).Matches(node) || (reserved?.NanoCpus ?? 0) > cpu || (reserved?.MemoryBytes ?? 0) > memory
                || !task.AssignedGenericResources.All(r => GenericResources.Offers(generic, r)))
            {
                violations.Add(task);
                continue;
            }

            cpu -= reserved?.NanoCpus ?? 0;
            memory -= reserved?.MemoryBytes ?? 0;
            GenericResources.Consume(generic, task.AssignedGenericResources);
        }

        return violations;
    }
}
