using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>Finds tasks that must give up a volume that is being drained (ENF-7).</summary>
public static class VolumeEnforcer
{
    /// <summary>Tasks to be REJECTED; their services then replace them.</summary>
    /// <param name="volume">The volume as it is now.</param>
    /// <param name="tasks">Tasks that may be attached to it.</param>
    public static IEnumerable<SwarmTask> FindViolations(Volume volume, IEnumerable<SwarmTask> tasks)
    {
        ArgumentNullException.ThrowIfNull(volume);
        return IsDrained(volume)
            ? tasks.Where(t => t.IsWanted() && t.Observed() < TaskState.Complete && t.Volumes.Any(v => v.Id == volume.Id))
            : [];
    }

    /// <summary>True when the operator wants nothing to use it.</summary>
    public static bool IsDrained(Volume volume)
    {
        ArgumentNullException.ThrowIfNull(volume);
        return volume.Spec?.Availability == VolumeSpec.Types.VolumeAvailability.Drain;
    }
}
