using SwarmOrleans.Contracts;
using SwarmOrleans.Silo.Dispatching;
using SwarmOrleans.Store;

namespace SwarmOrleans.Silo.Loops;

/// <summary>
/// Watches over sessions whose manager cannot: it died, or was started again. Each gets a full grace by this manager's own clock; what has not
/// turned to another manager by then is DOWN.
/// </summary>
public sealed class NodeMonitorLoop(ISwarmStore store, Func<string, bool> isReachable, TimeProvider time, TimeSpan? grace = null) : ILeaderLoop
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);
    private const int GraceMultiplier = 3;

    private TimeSpan Grace => grace
        ?? GraceMultiplier * (store.Current.Cluster?.Spec?.Dispatcher?.HeartbeatPeriod?.ToTimeSpan() ?? TimeSpan.FromSeconds(5));

    /// <inheritdoc />
    public async Task RunAsync(long term, CancellationToken cancellationToken)
    {
        var suspected = new Dictionary<string, (string SessionId, long Since)>();
        while (true)
        {
            var view = store.Current;
            foreach (var managerId in view.All<Manager>().Select(m => m.Id).Concat(Removed(view)).ToList())
            {
                await CheckAsync(view, managerId, suspected, term, cancellationToken);
            }

            await Task.Delay(Period, time, cancellationToken);
        }
    }

    // Managers that are gone may have left sessions behind.
    private static IEnumerable<string> Removed(StoreView view) =>
        view.Nodes.WithRole(NodeRole.Manager).Select(n => n.Id).Where(id => view.Find<Manager>(id) is null);

    private async Task CheckAsync(
        StoreView view, string managerId, Dictionary<string, (string SessionId, long Since)> suspected, long term, CancellationToken cancellationToken)
    {
        var manager = view.Find<Manager>(managerId);
        var isAlive = manager is not null && isReachable(manager.Addr);
        foreach (var session in view.Sessions.OfManager(managerId))
        {
            if (isAlive && session.ManagerBootId == manager!.BootId)
            {
                suspected.Remove(session.Id);
                continue;
            }

            if (!suspected.TryGetValue(session.Id, out var known) || known.SessionId != session.SessionId)
            {
                suspected[session.Id] = (session.SessionId, time.GetTimestamp());
            }
            else if (time.GetElapsedTime(known.Since) > Grace
                && NodeStates.Down(view, session, "heartbeat failure: its manager is gone and it turned to no other") is { } transaction)
            {
                await store.CommitAsync(transaction.UnderTerm(term), cancellationToken);
            }
        }
    }
}
