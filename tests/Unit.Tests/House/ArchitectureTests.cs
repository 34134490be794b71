using System.Xml.Linq;

namespace SwarmOrleans.Tests.Unit.House;

/// <summary>The folder is the architecture: which project may see which, read from the project files themselves.</summary>
public sealed class ArchitectureTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Contracts"] = [],
        ["Orchestration"] = ["Contracts"],
        ["Store"] = ["Contracts"],
        ["Raft"] = ["Contracts", "Store"],
        ["Security"] = ["Contracts"],
        ["Control"] = ["Contracts", "Orchestration", "Store", "Security"],
        ["Silo"] = ["Contracts", "Orchestration", "Store", "Raft", "Security", "Control"],
        ["Agent"] = ["Contracts", "Security"],
        ["ServiceDefaults"] = [],
        ["Node"] = ["Silo", "Agent", "ServiceDefaults"],
        ["Cli"] = ["Contracts"],
        ["AppHost"] = ["Node", "Cli"],
    };

    private static readonly string[] NotInTheCore = ["Orleans", "DotNext", "Grpc.AspNetCore", "Grpc.Net.Client", "Docker"];

    public static TheoryData<string> Projects => [.. Allowed.Keys];

    [Theory]
    [MemberData(nameof(Projects))]
    public void Project_References_OnlyWhatTheDesignAllows(string project)
    {
        var references = Items(project, "ProjectReference").Select(path => Path.GetFileNameWithoutExtension(path)).ToHashSet();

        Assert.Empty(references.Except(Allowed[project]));
    }

    [Theory]
    [InlineData("Orchestration")]
    [InlineData("Store")]
    [InlineData("Control")]
    public void Core_References_NoHostNorTransport(string project)
    {
        var packages = Items(project, "PackageReference");

        Assert.DoesNotContain(packages, package => NotInTheCore.Any(banned => package.StartsWith(banned, StringComparison.Ordinal)));
    }

    [Fact]
    public void AppHost_StartsPrograms_WithoutLinkingThem()
    {
        var references = Document("AppHost").Descendants("ProjectReference");

        Assert.All(references, reference => Assert.Equal("false", Value(reference, "ReferenceOutputAssembly")));
    }

    [Fact]
    public void Every_Project_IsInTheSolution()
    {
        var solution = File.ReadAllText(Path.Combine(RepositoryRoot.Path, "SwarmOrleans.sln")).Replace('\\', '/');

        Assert.All(Allowed.Keys, project => Assert.Contains($"{project}/{project}.csproj", solution, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_TopLevelProject_HasItsRule()
    {
        var projects = Directory.EnumerateDirectories(RepositoryRoot.Path)
            .Where(folder => Directory.EnumerateFiles(folder, "*.csproj").Any())
            .Select(folder => Path.GetFileName(folder)!)
            .Where(name => name != "eng");

        Assert.Empty(projects.Except(Allowed.Keys));
    }

    private static List<string> Items(string project, string element) =>
        [.. Document(project).Descendants(element).Select(item => item.Attribute("Include")?.Value.Replace('\\', '/')).OfType<string>()];

    private static XDocument Document(string project) =>
        XDocument.Load(Path.Combine(RepositoryRoot.Path, project, $"{project}.csproj"));

    private static string? Value(XElement item, string name) => item.Attribute(name)?.Value ?? item.Element(name)?.Value;
}
