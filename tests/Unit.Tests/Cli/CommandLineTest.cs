using System.Text;
using SwarmOrleans.Cli;
using SwarmOrleans.Contracts;
using SwarmOrleans.Silo.Planning;
using SwarmOrleans.Silo.Rpc;
using SwarmOrleans.Tests.Unit.Control;

namespace SwarmOrleans.Tests.Unit.CommandLine;

/// <summary>swarmctl's command lines against a control API in the same process.</summary>
public abstract class CommandLineTest : IAsyncDisposable
{
    private protected ControlWorld World { get; } = new();

    public async ValueTask DisposeAsync()
    {
        await World.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private protected Task<string> DoAsync(params string[] arguments) => RunAsync("data", 0, arguments);

    /// <summary>With <paramref name="input"/> on standard input.</summary>
    private protected Task<string> StoreAsync(string input, params string[] arguments) => RunAsync(input, 0, arguments);

    private protected async Task FailsAsync(string message, params string[] arguments)
    {
        var error = await RunAsync("data", SwarmctlCommand.Failure, arguments);
        Assert.StartsWith("Error: ", error, StringComparison.Ordinal);
        Assert.Contains(message, error, StringComparison.Ordinal);
    }

    private async Task<string> RunAsync(string input, int exitCode, string[] arguments)
    {
        var (output, error) = (new StringWriter { NewLine = "\n" }, new StringWriter { NewLine = "\n" });
        var service = new ControlService(
            World.Services, World.Rollouts, World.Tasks, World.Nodes, World.Clusters, World.Networks, World.Secrets, World.Configs, World.Volumes,
            World.Extensions, World.Resources);
        using var planner = new ServicePlanner(World.Store, new RandomIdSource(new Random(3)), World.Time);
        var explainer = new ExplainerService(World.Explanations, planner);
        var command = SwarmctlCommand.Create(output, error, _ => new LoopbackInvoker(service, explainer), () => new MemoryStream(Encoding.UTF8.GetBytes(input)));
        var actual = await command.RunAsync(arguments);
        Assert.True(actual == exitCode, $"exit code {actual}: {error}");
        return (exitCode == 0 ? output : error).ToString().TrimEnd('\n');
    }
}
