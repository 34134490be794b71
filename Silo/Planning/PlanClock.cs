namespace SwarmOrleans.Silo.Planning;

/// <summary>A clock that stands still but when it is set: what a plan waits for is there at once.</summary>
internal sealed class PlanClock(DateTimeOffset start) : TimeProvider
{
    private DateTimeOffset _now = start;

    public override DateTimeOffset GetUtcNow() => _now;

    /// <summary>Goes on to a later time; an earlier one is passed over.</summary>
    public void Advance(DateTimeOffset to) => _now = to > _now ? to : _now;
}
