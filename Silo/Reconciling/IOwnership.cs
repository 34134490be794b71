using SwarmOrleans.Store;

namespace SwarmOrleans.Silo.Reconciling;

/// <summary>Which manager looks after a key.</summary>
public interface IOwnership
{
    /// <summary>True when this manager does, as of the view's members.</summary>
    bool IsOwner(StoreView view, string key);
}
