using System.Globalization;

namespace SwarmOrleans.Agent.Processes;

/// <summary>The files of one task's process.</summary>
internal sealed class ProcessFiles(string directory)
{
    public string Directory => directory;

    public bool HasBegun => File.Exists(Path.Combine(directory, "shim"));

    public int? ShimId => ReadNumber("shim");

    public int? ProcessId => ReadNumber("pid");

    public int? ExitCode => ReadNumber("exit");

    public string? Error => ReadText("error");

    /// <summary>True while the shim of this task, and not another process with its number, is there.</summary>
    public bool IsShimAlive
    {
        get
        {
            if (ShimId is not { } id)
            {
                return false;
            }

            try
            {
                return File.ReadAllText($"/proc/{id}/cmdline").Contains(directory, StringComparison.Ordinal) && !IsZombie(id);
            }
            catch (IOException)
            {
                return false;
            }
        }
    }

    private static bool IsZombie(int id) => File.ReadLines($"/proc/{id}/status").Any(l => l.StartsWith("State:\tZ", StringComparison.Ordinal));

    private int? ReadNumber(string name) => int.TryParse(ReadText(name), CultureInfo.InvariantCulture, out var number) ? number : null;

    private string? ReadText(string name)
    {
        try
        {
            return File.ReadAllText(Path.Combine(directory, name)).Trim();
        }
        catch (IOException)
        {
            return null;
        }
    }
}
