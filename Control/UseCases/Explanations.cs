using System.Globalization;
using SwarmOrleans.Contracts;
using SwarmOrleans.Orchestration;
using SwarmOrleans.Store;

namespace SwarmOrleans.Control;

/// <summary>Why tasks and services are not yet what they should be, from the view of the moment.</summary>
public sealed class Explanations(ISwarmStore store, TimeProvider time)
{
    /// <summary>What a task waits for, on at most <paramref name="limit"/> nodes; 0 for 20 of them.</summary>
    /// <exception cref="UseCaseException">It does not exist, or the limit is above 1000.</exception>
    public async Task<TaskExplanation> ExplainTaskAsync(string id, uint limit, CancellationToken cancellationToken)
    {
        if (limit > TaskExplainer.MaxNodes)
        {
            throw UseCaseException.Invalid(string.Create(CultureInfo.InvariantCulture, $"limit: at most {TaskExplainer.MaxNodes} nodes can be shown"));
        }

        if (id.Length == 0)
        {
            throw UseCaseException.Invalid("task_id: must be given");
        }

        var view = await store.ViewAsync(cancellationToken);
        var task = view.Find<SwarmTask>(id) ?? throw UseCaseException.NotFound("task", id);
        return TaskExplainer.Explain(task, InputOf(view, time.GetUtcNow()), limit == 0 ? TaskExplainer.DefaultNodes : (int)limit);
    }

    /// <summary>What a service waits for.</summary>
    /// <exception cref="UseCaseException">It does not exist.</exception>
    public async Task<ServiceExplanation> ExplainServiceAsync(string id, CancellationToken cancellationToken)
    {
        if (id.Length == 0)
        {
            throw UseCaseException.Invalid("service_id: must be given");
        }

        var view = await store.ViewAsync(cancellationToken);
        var service = view.Find<Service>(id) ?? throw UseCaseException.NotFound("service", id);
        return ServiceExplainer.Explain(service, InputOf(view, time.GetUtcNow()));
    }

    /// <summary>The view as explanations look at it.</summary>
    public static ExplainInput InputOf(StoreView view, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(view);
        return new ExplainInput
        {
            AllNodes = view.All<Node>,
            FindNode = view.Find<Node>,
            TasksOnNode = id => view.Tasks.OfNode(id),
            TasksOfService = id => view.Tasks.OfService(id),
            FindService = view.Find<Service>,
            FindProgress = view.Find<ServiceProgress>,
            AllVolumes = view.All<Volume>,
            FindNetwork = view.Find<Network>,
            Cluster = view.Cluster,
            Now = now,
        };
    }
}
