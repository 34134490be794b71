using System.CommandLine;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using SwarmOrleans.Agent;
using SwarmOrleans.Daemon;
using SwarmOrleans.Security;
using SwarmOrleans.ServiceDefaults;
using SwarmOrleans.Store.Log;

return await NodeCommand.Create(RunAsync).Parse(args).InvokeAsync();

static async Task<int> RunAsync(Func<NodeOptions> parse, LogLevel level, CancellationToken cancellationToken)
{
    using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
    using var onTerm = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
    using var onInt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
    await using var telemetry = Telemetry.Start("swarmd", level);
    try
    {
        await new NodeDaemon(parse(), telemetry.LoggerFactory).RunAsync(stopping.Token);
        return 0;
    }
    catch (OperationCanceledException) when (stopping.IsCancellationRequested)
    {
        return 0;
    }
    catch (Exception e) when (e is IOException or FormatException or InvalidDataException or JoinException or LogCorruptException or TaskException
        or UnauthorizedAccessException)
    {
        // What an operator can mend gets one line.
        await Console.Error.WriteLineAsync($"swarmd: {e.Message}");
        return 1;
    }

    void Stop(PosixSignalContext context)
    {
        context.Cancel = true;
        stopping.Cancel();
    }
}
