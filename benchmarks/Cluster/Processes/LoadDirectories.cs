namespace SwarmOrleans.Benchmarks.ClusterLoad.Processes;

/// <summary>Where the load programs write: managers' logs on a disk, agents' databases in memory, as their peers were measured.</summary>
internal sealed class LoadDirectories : IDisposable
{
    /// <param name="disk">A directory on the disk to be measured.</param>
    public LoadDirectories(string disk)
    {
        Disk = Directory.CreateDirectory(Path.Combine(disk, $"swarm-load-{Guid.NewGuid():N}")).FullName;
        Memory = Directory.CreateDirectory(Path.Combine("/dev/shm", Path.GetFileName(Disk))).FullName;
    }

    public string Disk { get; }

    public string Memory { get; }

    public void Dispose()
    {
        Directory.Delete(Disk, recursive: true);
        Directory.Delete(Memory, recursive: true);
    }
}
