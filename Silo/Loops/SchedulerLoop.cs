using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;
using SwarmOrleans.Orchestration;
using SwarmOrleans.Store;

namespace SwarmOrleans.Silo.Loops;

/// <summary>Places tasks, beside the leader. Every placement is bound to the term and to the node as it was seen.</summary>
public sealed class SchedulerLoop(ISwarmStore store, TimeProvider time) : ILeaderLoop
{
    private const int MaxBatch = 1000;

    /// <inheritdoc />
    public async Task RunAsync(long term, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await FollowAsync(term, cancellationToken);
            }
            catch (CompactedException)
            {
                // Changes were missed: begin with the current view.
            }
        }
    }

    private async Task FollowAsync(long term, CancellationToken cancellationToken)
    {
        var scheduler = new Scheduler();
        var view = store.Current;
        foreach (var node in view.All<Node>())
        {
            scheduler.SetNode(node.Id, node);
        }

        foreach (var task in view.All<SwarmTask>())
        {
            scheduler.SetTask(null, task);
        }

        await PlaceAsync(scheduler, term, cancellationToken);
        await foreach (var batch in store.WatchAsync(view.Version, cancellationToken))
        {
            foreach (var change in batch.Changes)
            {
                Feed(scheduler, change);
            }

            // What has been committed meanwhile is coming: decide on it all at once.
            if (scheduler.HasWork && batch.Version == store.Current.Version)
            {
                await PlaceAsync(scheduler, term, cancellationToken);
            }
        }
    }

    private static void Feed(Scheduler scheduler, StoreChange change)
    {
        switch (change.Kind)
        {
            case ObjectKind.Task:
                scheduler.SetTask((SwarmTask?)change.Old, (SwarmTask?)change.New);
                break;
            case ObjectKind.Node:
                scheduler.SetNode(change.Id, (Node?)change.New);
                break;
        }
    }

    private async Task PlaceAsync(Scheduler scheduler, long term, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var decisions = scheduler.Plan(now).Where(d => d.Node is not null || IsNews(d)).ToList();
        foreach (var chunk in decisions.Chunk(MaxBatch))
        {
            var results = await store.CommitAllAsync([.. chunk.Select(d => Transaction(d, term, now))], cancellationToken);
            for (var i = 0; i < chunk.Length; i++)
            {
                if (!results[i].IsCommitted && chunk[i].Node is not null)
                {
                    scheduler.Undo(chunk[i]);
                }
            }
        }
    }

    // The same explanation written again would wake everybody for nothing.
    private static bool IsNews(PlacementDecision decision) =>
        decision.Task.Status.State != TaskState.Pending || decision.Task.Status.Err != decision.Explanation;

    private static StoreTransaction Transaction(PlacementDecision decision, long term, DateTimeOffset now)
    {
        var task = decision.Task.Clone();
        task.Status = new SwarmTaskStatus { Timestamp = Timestamp.FromDateTimeOffset(now) };
        var transaction = new StoreTransaction().UnderTerm(term);
        if (decision.Node is { } node)
        {
            task.NodeId = node.Id;
            task.Status.State = TaskState.Assigned;
            task.Status.Message = "scheduler assigned task to node";
            transaction.RequireUnchanged(node);
        }
        else
        {
            task.Status.State = TaskState.Pending;
            task.Status.Message = "pending task scheduling";
            task.Status.Err = decision.Explanation;
        }

        return transaction.Update(task);
    }
}
