using SwarmOrleans.Contracts;
using SwarmOrleans.Contracts.Constraints;

namespace SwarmOrleans.Orchestration;

/// <summary>
/// Do tasks still run what their service wants (DIR-1 to DIR-7)? Tasks share their specs, so that every spec is compared once however many tasks have it.
/// </summary>
internal sealed class DirtyCheck(Service service)
{
    private readonly Dictionary<TaskSpec, Difference> _specs = new(ReferenceEqualityComparer.Instance);
    private readonly ConstraintSet _constraints = ConstraintSet.Of(service.Spec.Task);
    private TaskSpec? _wanted;

    private enum Difference
    {
        None,
        PullOptions,
        Placement,
        Other,
    }

    /// <summary>What the tasks are compared with.</summary>
    public ServiceSpec Spec { get; } = service.Spec;

    public bool IsDirty(SwarmTask task, Node? node)
    {
        if (task.SpecVersion is not null && service.SpecVersion is not null && task.SpecVersion.Index == service.SpecVersion.Index)
        {
            return false;
        }

        return DifferenceTo(task.Spec) switch
        {
            Difference.PullOptions when !HasImage(task) => true,
            Difference.Placement when node is null || !_constraints.Matches(node) => true,
            Difference.Other => true,
            _ => task.Endpoint is not null && !NormalSpec.Equal(service.Spec.Endpoint, task.Endpoint.Spec),
        };
    }

    /// <summary>The task's spec differs from the service's in its placement and in nothing else (DIR-2).</summary>
    public bool IsPlacementOnly(SwarmTask task) => DifferenceTo(task.Spec) == Difference.Placement;

    // New registry credentials alone do not restart what has its image already (DIR-3).
    private static bool HasImage(SwarmTask task) => task.IsWanted() && task.Observed() is >= TaskState.Ready and <= TaskState.Running;

    private Difference DifferenceTo(TaskSpec spec)
    {
        if (!_specs.TryGetValue(spec, out var difference))
        {
            _specs.Add(spec, difference = Compare(spec));
        }

        return difference;
    }

    private Difference Compare(TaskSpec spec)
    {
        if (spec.Equals(service.Spec.Task))
        {
            return Difference.None;
        }

        var wanted = _wanted ??= NormalSpec.Of(service.Spec.Task);
        var actual = NormalSpec.Of(spec);
        if (actual.Equals(wanted))
        {
            return Difference.None;
        }

        var placement = actual.Placement;
        actual.Placement = wanted.Placement;
        if (actual.Equals(wanted))
        {
            return Difference.Placement;
        }

        actual.Placement = placement;
        if (wanted.Container is not null && actual.Container is not null)
        {
            actual.Container.PullOptions = wanted.Container.PullOptions;
        }

        return actual.Equals(wanted) ? Difference.PullOptions : Difference.Other;
    }
}
