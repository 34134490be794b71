namespace SwarmOrleans.Tests.EndToEnd.Harness;

/// <summary>The programs under test, built beside these tests.</summary>
internal static class BuiltPrograms
{
    public static string Swarmd { get; } = Find("Node", "swarmd");

    public static string Swarmctl { get; } = Find("Cli", "swarmctl");

    public static string AppHost { get; } = Find("AppHost", "AppHost");

    private static string Find(string project, string name)
    {
        var own = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        return Path.Combine(own.Parent!.Parent!.FullName, project, own.Name, name);
    }
}
