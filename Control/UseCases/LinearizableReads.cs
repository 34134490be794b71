using SwarmOrleans.Store;
using SwarmOrleans.Store.Log;

namespace SwarmOrleans.Control;

/// <summary>Views that contain every acknowledged write.</summary>
public static class LinearizableReads
{
    /// <summary>This manager's replica, once it has caught up with all that was acknowledged.</summary>
    /// <exception cref="UseCaseException">No leader could be reached.</exception>
    public static async Task<StoreView> ViewAsync(this ISwarmStore store, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(store);
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
