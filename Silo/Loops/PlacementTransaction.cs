using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;
using SwarmOrleans.Orchestration;
using SwarmOrleans.Store;

namespace SwarmOrleans.Silo.Loops;

/// <summary>What a placement writes, and on which conditions (SCH-24, SCH-25): the task's addresses are written together with its node.</summary>
internal static class PlacementTransaction
{
    /// <summary>Null when a chosen volume may not be used any more.</summary>
    public static StoreTransaction? Of(PlacementDecision decision, StoreView view, long term, Timestamp now)
    {
        var transaction = new StoreTransaction().UnderTerm(term);
        if (decision.Node is { } node)
        {
            transaction.RequireUnchanged(node);
            foreach (var id in decision.Volumes.Select(v => v.Id).Distinct())
            {
                if (view.Find<Volume>(id) is not { Spec.Availability: VolumeSpec.Types.VolumeAvailability.Active } volume)
                {
                    return null;
                }

                Publish(transaction, volume, node.Id);
            }
        }

        var decided = decision.Decided(now);
        AllocationTransaction.RequireFree(transaction, ObjectKind.Task, decided.Id, HeldAddresses.Of(decided));
        return transaction.Update(decided);
    }

    private static void Publish(StoreTransaction transaction, Volume volume, string nodeId)
    {
        if (volume.PublishStatus.Any(s => s.NodeId == nodeId))
        {
            transaction.RequireUnchanged(volume);
            return;
        }

        var published = volume.Clone();
        published.PublishStatus.Add(new VolumePublishStatus { NodeId = nodeId, State = VolumePublishStatus.Types.State.PendingPublish });
        transaction.Update(published);
    }
}
