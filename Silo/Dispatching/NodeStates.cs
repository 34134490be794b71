using SwarmOrleans.Contracts;
using SwarmOrleans.Store;

namespace SwarmOrleans.Silo.Dispatching;

/// <summary>Transactions that change what is observed of a node.</summary>
internal static class NodeStates
{
    /// <summary>Notes that nothing is heard of the node any more, if its session is still the one that was given up; null when there is nothing to note.</summary>
    public static StoreTransaction? Down(StoreView view, NodeSession session, string message)
    {
        if (view.Find<Node>(session.Id) is not { } node || node.Status?.State == NodeStatus.Types.State.Down)
        {
            return null;
        }

        var down = node.Clone();
        down.Status ??= new NodeStatus();
        down.Status.State = NodeStatus.Types.State.Down;
        down.Status.Message = message;
        return new StoreTransaction().RequireUnchanged(session).Update(down);
    }
}
