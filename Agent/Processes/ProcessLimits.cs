using System.Globalization;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Agent.Processes;

/// <summary>CPU, memory and process limits by a control group, where the kernel has version 2 and lets us write to it; elsewhere there are none.</summary>
internal sealed class ProcessLimits(SwarmTask task)
{
    private const string Root = "/sys/fs/cgroup";
    private const long Period = 100_000;

    private readonly string _group = Path.Combine(Root, "swarmorleans-" + task.Id);

    /// <summary>Makes the group; returns the file through which a process joins it, or nothing without limits.</summary>
    public string Apply()
    {
        var limits = task.Spec.Resources?.Limits;
        var pids = task.Spec.Container.PidsLimit;
        var isLimited = pids > 0 || limits?.NanoCpus > 0 || limits?.MemoryBytes > 0;
        if (!isLimited || !File.Exists(Path.Combine(Root, "cgroup.controllers")))
        {
            return "";
        }

        try
        {
            Directory.CreateDirectory(_group);
            Write("memory.max", limits?.MemoryBytes ?? 0);
            Write("pids.max", pids);
            if (limits?.NanoCpus is { } cpus and > 0)
            {
                var quota = cpus * Period / 1_000_000_000;
                File.WriteAllText(Path.Combine(_group, "cpu.max"), $"{quota.ToString(CultureInfo.InvariantCulture)} {Period}");
            }

            return Path.Combine(_group, "cgroup.procs");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    public void Remove()
    {
        try
        {
            if (Directory.Exists(_group))
            {
                Directory.Delete(_group);
            }
        }
        catch (IOException)
        {
            // A process of the group is just ending; an empty group costs nothing.
        }
    }

    private void Write(string file, long value)
    {
        if (value > 0)
        {
            File.WriteAllText(Path.Combine(_group, file), value.ToString(CultureInfo.InvariantCulture));
        }
    }
}
