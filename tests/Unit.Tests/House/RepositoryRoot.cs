namespace SwarmOrleans.Tests.Unit.House;

/// <summary>Finds the source tree that the running tests were built from.</summary>
internal static class RepositoryRoot
{
    public static string Path { get; } = Find();

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "SwarmOrleans.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"no SwarmOrleans.sln above {AppContext.BaseDirectory}");
    }
}
