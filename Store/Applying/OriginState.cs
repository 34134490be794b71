using System.Collections.Immutable;

namespace SwarmOrleans.Store.Applying;

/// <summary>
/// What one manager has been answered. A command of a new boot ends the boot before it: two starts of one manager never overlap, since
/// the state directory is locked.
/// </summary>
internal sealed record OriginState(
    string Boot, ulong Floor, VerdictWindow Verdicts, ImmutableArray<string> EndedBoots)
{
    public static OriginState First(string boot) => new(boot, 1, VerdictWindow.Empty, []);
}
