namespace SwarmOrleans.Silo.Loops;

/// <summary>Work that runs beside the Raft leader. Nobody calls it; it follows the change feed.</summary>
public interface ILeaderLoop
{
    /// <summary>Runs for one leadership, until cancelled. Whatever it commits must be bound to <paramref name="term"/>.</summary>
    Task RunAsync(long term, CancellationToken cancellationToken);
}
