using System.Globalization;
using System.Runtime.InteropServices;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Agent;

/// <summary>What this machine is.</summary>
internal static class HostFacts
{
    /// <summary>Operating system and architecture, spelled as Docker spells them.</summary>
    public static Platform Platform => new()
    {
        Os = "linux",
        Architecture = RuntimeInformation.OSArchitecture switch
        {
            Architecture.X64 => "x86_64",
            Architecture.Arm64 => "aarch64",
            var other => other.ToString().ToLowerInvariant(),
        },
    };

    /// <summary>Bytes of main memory.</summary>
    public static long TotalMemory { get; } = ReadTotalMemory();

    private static long ReadTotalMemory()
    {
        const string Prefix = "MemTotal:";
        var line = File.ReadLines("/proc/meminfo").FirstOrDefault(l => l.StartsWith(Prefix, StringComparison.Ordinal));
        return line is null ? 0 : long.Parse(line[Prefix.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) * 1024;
    }
}
