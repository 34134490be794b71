using Microsoft.Extensions.Logging;
using SwarmOrleans.Store;

namespace SwarmOrleans.Silo.Loops;

/// <summary>Starts the leader loops when this manager begins to lead and stops them when it ends.</summary>
public sealed partial class LeaderLoops(ISwarmStore store, IReadOnlyList<ILeaderLoop> loops, TimeProvider time, ILogger<LeaderLoops> logger)
{
    private static readonly TimeSpan RestartPause = TimeSpan.FromSeconds(1);

    private readonly ILogger _logger = logger;

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var leadership = store.Leadership;
        while (true)
        {
            if (!leadership.IsLeader)
            {
                leadership = await store.WaitForLeadershipChangeAsync(leadership, cancellationToken);
                continue;
            }

            LogLeading(leadership.Term);
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var running = loops.Select(l => RunAsync(l, leadership.Term, ending.Token)).ToArray();
            leadership = await store.WaitForLeadershipChangeAsync(leadership, cancellationToken);
            ending.Cancel();
            await Task.WhenAll(running);
        }
    }

    private async Task RunAsync(ILeaderLoop loop, long term, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await loop.RunAsync(term, cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // A loop that fails on one state must be tried again on the next; the others go on meanwhile.
            catch (Exception e)
#pragma warning restore CA1031
            {
                LogLoopFailed(loop.GetType().Name, e);
                await Task.WhenAny(Task.Delay(RestartPause, time, cancellationToken));
            }
        }
    }

    [LoggerMessage(5001, LogLevel.Information, "this manager leads term {Term}")]
    private partial void LogLeading(long term);

    [LoggerMessage(5002, LogLevel.Error, "leader loop {Loop} failed and is started again")]
    private partial void LogLoopFailed(string loop, Exception exception);
}
