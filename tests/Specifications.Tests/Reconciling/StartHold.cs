namespace SwarmOrleans.Tests.Specifications.Reconciling;

/// <summary>How a READY task is held.</summary>
/// <param name="Delay">Units until it may start.</param>
/// <param name="Patience">Units until it no longer waits for what stops in its slot.</param>
internal readonly record struct StartHold(int Delay, int Patience)
{
    /// <summary>A task waits a minute for its predecessor (RST-4).</summary>
    public const int FullPatience = 2;

    public StartHold Older() => new(Math.Max(0, Delay - 1), Math.Max(0, Patience - 1));
}
