using System.Globalization;
using System.Runtime.InteropServices;

namespace SwarmOrleans.Agent.Processes;

/// <summary>Signals by name and number.</summary>
internal static partial class UnixSignals
{
    public const int Kill = 9;
    public const int Terminate = 15;

    private static readonly Dictionary<string, int> Names = new(StringComparer.OrdinalIgnoreCase)
    {
        ["HUP"] = 1,
        ["INT"] = 2,
        ["QUIT"] = 3,
        ["KILL"] = 9,
        ["USR1"] = 10,
        ["USR2"] = 12,
        ["TERM"] = 15,
        ["WINCH"] = 28,
    };

    /// <summary>The number of <c>SIGTERM</c>, <c>TERM</c> or <c>15</c>; null for nothing or something unknown.</summary>
    public static int? Parse(string signal)
    {
        if (int.TryParse(signal, CultureInfo.InvariantCulture, out var number))
        {
            return number;
        }

        var name = signal.StartsWith("SIG", StringComparison.OrdinalIgnoreCase) ? signal[3..] : signal;
        return Names.TryGetValue(name, out number) ? number : null;
    }

    public static void SendToGroup(int processGroup, int signal) => _ = SysKill(-processGroup, signal);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SysKill(int pid, int signal);
}
