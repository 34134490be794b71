using System.Text.Json;
using CliWrap;
using CliWrap.Buffered;

namespace SwarmOrleans.AppHost.Local;

/// <summary>Starts a topology as processes and takes it down again.</summary>
internal sealed class LocalSwarm(SwarmTopology topology, bool restart, TextWriter output)
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan StartPatience = TimeSpan.FromMinutes(2);

    /// <summary>Runs until cancelled.</summary>
    /// <returns>0, or 1 when the swarm did not come up.</returns>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var running = new List<Task>();
        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(ending.Token);
            patience.CancelAfter(StartPatience);
            running.Add(Start(topology.Nodes[0], [], ending.Token));
            var (worker, manager) = await TokensAsync(running[0], patience.Token);
            foreach (var node in topology.Nodes.Skip(1))
            {
                running.Add(Start(node, ["--join-addr", node.JoinsThrough!, "--join-token", node.IsManager ? manager : worker], ending.Token));
            }

            await ReadyAsync(running, patience.Token);
            await ShowAsync(patience.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            await output.WriteLineAsync($"the swarm was not ready within {StartPatience.TotalMinutes} minutes");
            await ending.CancelAsync();
        }
        catch (InvalidOperationException e)
        {
            await output.WriteLineAsync(e.Message);
            await ending.CancelAsync();
        }
        catch (OperationCanceledException)
        {
            // Asked to end while starting.
        }

        await Task.WhenAll(running);
        return cancellationToken.IsCancellationRequested ? 0 : 1;
    }

    private Task Start(SwarmNode node, IEnumerable<string> joinArguments, CancellationToken cancellationToken) =>
        new NodeProcess(node, restart, output).RunAsync(joinArguments, cancellationToken);

    private async Task<(string Worker, string Manager)> TokensAsync(Task first, CancellationToken cancellationToken)
    {
        while (true)
        {
            var result = await SwarmctlAsync(["cluster", "inspect", "default", "--output", "json"], cancellationToken);
            if (result.ExitCode == 0)
            {
                using var cluster = JsonDocument.Parse(result.StandardOutput);
                var tokens = cluster.RootElement.GetProperty("rootCa").GetProperty("joinTokens");
                return (tokens.GetProperty("worker").GetString()!, tokens.GetProperty("manager").GetString()!);
            }

            ThrowIfEnded([first]);
            await Task.Delay(Poll, cancellationToken);
        }
    }

    private async Task ReadyAsync(IReadOnlyList<Task> running, CancellationToken cancellationToken)
    {
        while (true)
        {
            var result = await SwarmctlAsync(["node", "ls"], cancellationToken);
            if (result.StandardOutput.Split('\n').Count(l => l.Contains(" READY ", StringComparison.Ordinal)) == topology.Nodes.Count)
            {
                return;
            }

            if (!restart)
            {
                ThrowIfEnded(running);
            }

            await Task.Delay(Poll, cancellationToken);
        }
    }

    private static void ThrowIfEnded(IEnumerable<Task> running)
    {
        if (running.Any(r => r.IsCompleted))
        {
            throw new InvalidOperationException("a node ended before the swarm was ready; see its log above");
        }
    }

    private async Task ShowAsync(CancellationToken cancellationToken)
    {
        var table = await SwarmctlAsync(["node", "ls"], cancellationToken);
        lock (output)
        {
            output.WriteLine();
            output.WriteLine("the swarm is ready:");
            output.WriteLine(table.StandardOutput);
            output.WriteLine("paste this into another terminal to drive it (Ctrl-C here takes it down):");
            output.WriteLine($"  export SWARM_SOCKET={topology.Nodes[0].Socket}; alias swarmctl={Programs.Swarmctl}");
            output.WriteLine();
        }
    }

    private async Task<BufferedCommandResult> SwarmctlAsync(IEnumerable<string> arguments, CancellationToken cancellationToken) =>
        await Cli.Wrap(Programs.Swarmctl)
            .WithArguments(["--socket", topology.Nodes[0].Socket, .. arguments])
            .WithValidation(CommandResultValidation.None)
            .ExecuteBufferedAsync(cancellationToken);
}
