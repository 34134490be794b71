using SwarmOrleans.Contracts;
using Mode = SwarmOrleans.Contracts.ServiceSpec.ModeOneofCase;

namespace SwarmOrleans.Orchestration;

/// <summary>How many tasks a service wants and where. A service that does not exist has no mode.</summary>
public static class ServiceModes
{
    /// <summary>A number of tasks that always run.</summary>
    public static bool IsReplicated(this Service? service) => service?.Spec?.ModeCase == Mode.Replicated;

    /// <summary>One task that always runs on every fitting node.</summary>
    public static bool IsGlobal(this Service? service) => service?.Spec?.ModeCase == Mode.Global;

    /// <summary>A number of tasks that each run to their end.</summary>
    public static bool IsReplicatedJob(this Service? service) => service?.Spec?.ModeCase == Mode.ReplicatedJob;

    /// <summary>One task that runs to its end on every fitting node.</summary>
    public static bool IsGlobalJob(this Service? service) => service?.Spec?.ModeCase == Mode.GlobalJob;

    /// <summary>Its tasks run to their end (JOB-2).</summary>
    public static bool IsJob(this Service? service) => service.IsReplicatedJob() || service.IsGlobalJob();

    /// <summary>Its slots are nodes (TM-6).</summary>
    public static bool IsPerNode(this Service? service) => service.IsGlobal() || service.IsGlobalJob();

    /// <summary>Which run of a job is wanted; 0 before the first update, and for services that are no jobs (JOB-2).</summary>
    public static ulong Iteration(this Service service)
    {
        ArgumentNullException.ThrowIfNull(service);
        return service.JobStatus?.JobIteration?.Index ?? 0;
    }

    /// <summary>
    /// True when a job that ran as <paramref name="old"/> must run again for <paramref name="now"/>: its task has changed. Labels and numbers alone do not
    /// run it again; SwarmKit does on any update (JOB-2).
    /// </summary>
    public static bool NeedsNewIteration(ServiceSpec old, ServiceSpec now)
    {
        ArgumentNullException.ThrowIfNull(old);
        ArgumentNullException.ThrowIfNull(now);
        return !NormalSpec.Equal(old.Task, now.Task);
    }
}
