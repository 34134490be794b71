namespace SwarmOrleans.AppHost.Local;

/// <summary>Where the built programs are: beside this one, in folders of their projects.</summary>
internal static class Programs
{
    public static string Swarmd { get; } = Find("Node", "swarmd");

    public static string Swarmctl { get; } = Find("Cli", "swarmctl");

    private static string Find(string project, string name)
    {
        var own = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        return Path.Combine(own.Parent!.Parent!.FullName, project, own.Name, name);
    }
}
