using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;
using SwarmOrleans.Orchestration;
using SwarmOrleans.Store;

namespace SwarmOrleans.Silo.Loops;

/// <summary>Rejects tasks that their node may not run any more (ENF-1 to ENF-5); their services then replace them.</summary>
public sealed class ConstraintEnforcerLoop(ISwarmStore store, TimeProvider time) : ILeaderLoop
{
    /// <inheritdoc />
    public async Task RunAsync(long term, CancellationToken cancellationToken)
    {
        while (true)
        {
            var view = store.Current;
            foreach (var node in view.All<Node>())
            {
                await EnforceAsync(view, node, term, cancellationToken);
            }

            try
            {
                await foreach (var batch in store.WatchAsync(view.Version, cancellationToken))
                {
                    foreach (var change in batch.Changes)
                    {
                        if (change is { Kind: ObjectKind.Node, New: Node node } && Matters((Node?)change.Old, node))
                        {
                            await EnforceAsync(batch.View, node, term, cancellationToken);
                        }
                    }
                }
            }
            catch (CompactedException)
            {
                // Changes were missed: look at every node again.
            }
        }
    }

    private static bool Matters(Node? old, Node node) =>
        old is null || !Equals(old.Spec, node.Spec) || old.Role != node.Role || !Equals(old.Description, node.Description) || old.Status?.Addr != node.Status?.Addr;

    private async Task EnforceAsync(StoreView view, Node node, long term, CancellationToken cancellationToken)
    {
        var violations = ConstraintEnforcer.FindViolations(node, view.Tasks.OfNode(node.Id), view.Find<Service>);
        if (violations.Count == 0)
        {
            return;
        }

        await store.CommitAllAsync(
            [
                .. violations.Select(task =>
                {
                    var rejected = task.Clone();
                    rejected.Status.State = TaskState.Rejected;
                    rejected.Status.Message = "task rejected by constraint enforcer";
                    rejected.Status.Err = "assigned node no longer meets constraints";
                    rejected.Status.Timestamp = Timestamp.FromDateTimeOffset(time.GetUtcNow());
                    return new StoreTransaction().UnderTerm(term).Update(rejected);
                }),
            ],
            cancellationToken);
    }
}
