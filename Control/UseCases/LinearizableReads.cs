using SwarmOrleans.Store;
using SwarmOrleans.Store.Log;

namespace SwarmOrleans.Control;

/// <summary>Views that contain every acknowledged write.</summary>
internal static class LinearizableReads
{
    public static async Task<StoreView> ViewAsync(this ISwarmStore store, CancellationToken cancellationToken)
    {
        try
        {
            return await store.ReadAsync(cancellationToken);
        }
        catch (NotLeaderException)
        {
            throw new UseCaseException(
                UseCaseError.Unavailable, "the swarm does not have a leader: make sure that more than half of the managers are online");
        }
    }
}
