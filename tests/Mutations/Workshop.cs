using System.Diagnostics;

namespace SwarmOrleans.Tests.Mutations;

/// <summary>A copy of the sources and of the built specifications, in which mutations are made one after the other.</summary>
internal sealed class Workshop : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly string[] Sources = ["Agent", "Contracts", "Control", "Orchestration", "Raft", "Security", "Silo", "Store"];

    private readonly string _folder = Directory.CreateTempSubdirectory("mutations-").FullName;
    private readonly HashSet<string> _built = [];

    public Workshop(string root, string specifications)
    {
        foreach (var file in Directory.EnumerateFiles(root).Where(f => Path.GetExtension(f) is ".props" or ".targets" or ".txt" or ".json"))
        {
            File.Copy(file, Path.Combine(_folder, Path.GetFileName(file)));
        }

        foreach (var project in Sources)
        {
            Copy(Path.Combine(root, project), Path.Combine(_folder, project));
        }

        Copy(specifications, TestFolder);
    }

    private string TestFolder => Path.Combine(_folder, "specifications");

    /// <summary>Makes the mutation, holds it to its specification, and takes it back.</summary>
    /// <returns>How it was caught; null when it was not.</returns>
    public string? Try(Mutation mutation)
    {
        var path = Path.Combine(_folder, mutation.File);
        var original = File.ReadAllText(path);
        var assembly = Path.Combine(TestFolder, $"{mutation.Project}.dll");
        var unchanged = File.ReadAllBytes(assembly);
        if (_built.Add(mutation.Project))
        {
            Build(mutation.Project, "");
        }

        File.WriteAllText(path, mutation.Apply(original));
        try
        {
            Build(mutation.Project, "--no-dependencies --no-restore");
            File.Copy(Path.Combine(_folder, "artifacts", "bin", mutation.Project, "release", $"{mutation.Project}.dll"), assembly, overwrite: true);
            var (code, output) = Test($"-class *.{mutation.Specification} -stopOnFail");
            return code switch
            {
                null => "it never ends",
                0 => null,
                _ => output.Split('\n').FirstOrDefault(l => l.Contains("SpecificationException", StringComparison.Ordinal))?.Trim() ?? output.Split('\n').First(l => l.Contains("[FAIL]", StringComparison.Ordinal)).Trim(),
            };
        }
        finally
        {
            File.WriteAllText(path, original);
            File.WriteAllBytes(assembly, unchanged);
        }
    }

    /// <summary>Runs specifications as they are; null when they take too long.</summary>
    public (int? Code, string Output) Test(string arguments) => Run(Path.Combine(TestFolder, "Specifications.Tests"), $"-noColor {arguments}");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private void Build(string project, string arguments)
    {
        var (code, output) = Run("dotnet", $"build {project}/{project}.csproj -c Release -v q -m:1 -p:UseSharedCompilation=false -p:TreatWarningsAsErrors=false -p:RunAnalyzers=false {arguments}");
        if (code != 0)
        {
            throw new InvalidOperationException($"{project} does not build:\n{output}");
        }
    }

    private (int? Code, string Output) Run(string program, string arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = _folder, RedirectStandardOutput = true, RedirectStandardError = true })!;
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        var output = process.StandardOutput.ReadToEndAsync();
        if (!process.WaitForExit(Patience))
        {
            process.Kill(entireProcessTree: true);
            return (null, "");
        }

        process.WaitForExit();
        return (process.ExitCode, output.Result);
    }

    private static void Copy(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}
