namespace SwarmOrleans.Silo.Dispatching;

/// <summary>How a dispatcher keeps time.</summary>
public sealed class DispatcherOptions
{
    /// <summary>Clock.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Spreads heartbeats.</summary>
    public required Random Random { get; init; }

    /// <summary>Missed heartbeats after which a node counts as DOWN. Default 3 periods.</summary>
    public int GraceMultiplier { get; init; } = 3;

    /// <summary>Time without a known leader after which agents are sent to other managers. Default 2.6 s: an election timeout and 2 s.</summary>
    public TimeSpan LeaderPatience { get; init; } = TimeSpan.FromMilliseconds(2600);
}
