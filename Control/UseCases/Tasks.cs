using SwarmOrleans.Contracts;
using SwarmOrleans.Orchestration;
using SwarmOrleans.Store;

namespace SwarmOrleans.Control;

/// <summary>What users do with tasks.</summary>
public sealed class Tasks(ISwarmStore store)
{
    /// <summary>One task.</summary>
    /// <exception cref="UseCaseException">It does not exist.</exception>
    public async Task<SwarmTask> GetAsync(string id, CancellationToken cancellationToken) => Find(await store.ViewAsync(cancellationToken), id);

    /// <summary>The tasks that match. A filter by service or node looks at those tasks alone.</summary>
    public async Task<IReadOnlyList<SwarmTask>> ListAsync(ListTasksRequest.Types.Filters? filters, CancellationToken cancellationToken)
    {
        var view = await store.ViewAsync(cancellationToken);
        if (filters is null)
        {
            return [.. view.All<SwarmTask>()];
        }

        var filter = new ListFilter().Names(filters.Names).NamePrefixes(filters.NamePrefixes).IdPrefixes(filters.IdPrefixes)
            .Labels(filters.Labels, t => ((SwarmTask)t).ServiceAnnotations?.Labels)
            .Any(filters.ServiceIds, (t, id) => ((SwarmTask)t).ServiceId == id)
            .Any(filters.NodeIds, (t, id) => ((SwarmTask)t).NodeId == id)
            .Any(filters.DesiredStates, (t, state) => ((SwarmTask)t).DesiredState == state)
            .Any(filters.Runtimes, (t, runtime) => Runtimes.Of(((SwarmTask)t).Spec) == runtime);
        var tasks = CandidatesOf(view, filters).Where(filter.Matches);
        return filters.UpToDate ? [.. UpToDate(view, tasks)] : [.. tasks];
    }

    /// <summary>Deletes a task's object; a replicated service makes another.</summary>
    /// <exception cref="UseCaseException">It does not exist.</exception>
    public async Task RemoveAsync(string id, CancellationToken cancellationToken)
    {
        Find(await store.ViewAsync(cancellationToken), id);
        await store.OrThrowAsync(new StoreTransaction().Remove<SwarmTask>(id), cancellationToken);
    }

    private static IEnumerable<SwarmTask> UpToDate(StoreView view, IEnumerable<SwarmTask> tasks) => tasks
        .GroupBy(t => t.ServiceId)
        .SelectMany(group =>
        {
            if (view.Find<Service>(group.Key) is not { } service)
            {
                return [];
            }

            var check = new DirtyCheck(service);
            return group.Where(t => !check.IsDirty(t, view.Find<Node>(t.NodeId)));
        });

    private static IEnumerable<SwarmTask> CandidatesOf(StoreView view, ListTasksRequest.Types.Filters filters)
    {
        if (filters.ServiceIds.Count > 0)
        {
            return filters.ServiceIds.Distinct().SelectMany(id => view.Tasks.OfService(id));
        }

        return filters.NodeIds.Count > 0
            ? filters.NodeIds.Distinct().SelectMany(id => view.Tasks.OfNode(id))
            : Candidates.WithAll<SwarmTask>(view, null, filters.IdPrefixes);
    }

    private static SwarmTask Find(StoreView view, string id) =>
        id.Length == 0 ? throw UseCaseException.Invalid("task_id: must be given") : view.Find<SwarmTask>(id) ?? throw UseCaseException.NotFound("task", id);
}
