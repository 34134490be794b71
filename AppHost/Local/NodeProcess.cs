using CliWrap;

namespace SwarmOrleans.AppHost.Local;

/// <summary>One <c>swarmd</c> process: its output goes to the console with its name before it, and it is started again when asked.</summary>
internal sealed class NodeProcess(SwarmNode node, bool restart, TextWriter output)
{
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan RestartPause = TimeSpan.FromSeconds(1);

    /// <summary>Runs until cancelled, then asks the process to end and waits for it.</summary>
    public async Task RunAsync(IEnumerable<string> joinArguments, CancellationToken cancellationToken)
    {
        var arguments = node.Arguments.Concat(joinArguments).ToList();
        while (true)
        {
            var exitCode = await RunOnceAsync(arguments, cancellationToken);
            if (cancellationToken.IsCancellationRequested)
            {
                return;
            }

            Write($"ended with exit code {exitCode}");
            if (!restart)
            {
                return;
            }

            await Task.Delay(RestartPause, cancellationToken);
        }
    }

    private async Task<int> RunOnceAsync(List<string> arguments, CancellationToken cancellationToken)
    {
        using var kill = new CancellationTokenSource();
        await using var onStop = cancellationToken.Register(() => kill.CancelAfter(StopPatience));
        try
        {
            var result = await Cli.Wrap(Programs.Swarmd)
                .WithArguments(arguments)
                .WithValidation(CommandResultValidation.None)
                .WithStandardOutputPipe(PipeTarget.ToDelegate(Write))
                .WithStandardErrorPipe(PipeTarget.ToDelegate(Write))
                .ExecuteAsync(kill.Token, cancellationToken);
            return result.ExitCode;
        }
        catch (OperationCanceledException)
        {
            return 0;
        }
    }

    private void Write(string line)
    {
        lock (output)
        {
            output.WriteLine($"{node.Name,-10} | {line}");
        }
    }
}
