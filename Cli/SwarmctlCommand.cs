using System.CommandLine;
using Grpc.Core;
using SwarmOrleans.Cli.Commands;

namespace SwarmOrleans.Cli;

/// <summary>The command tree (H.2).</summary>
public sealed class SwarmctlCommand
{
    /// <summary>Exit status of every failure.</summary>
    public const int Failure = 255;

    private readonly RootCommand _root = new("Controls a SwarmOrleans cluster.");
    private readonly TextWriter _error;

    private SwarmctlCommand(TextWriter output, TextWriter error, Func<string, CallInvoker> connect, Func<Stream> input)
    {
        _error = error;
        var globals = new GlobalOptions(output, connect, input);
        globals.AddTo(_root);
        _root.Add(ClusterCommands.Create(globals));
        _root.Add(NodeCommands.Create(globals));
        _root.Add(ServiceCommands.Create(globals));
        _root.Add(TaskCommands.Create(globals));
        _root.Add(NetworkCommands.Create(globals));
        _root.Add(SecretCommands.Create(globals));
        _root.Add(ConfigCommands.Create(globals));
        _root.Add(VolumeCommands.Create(globals));
    }

    /// <summary>The tree.</summary>
    /// <param name="output">Tables, ids and JSON.</param>
    /// <param name="error">Errors.</param>
    /// <param name="connect">Opens a control socket; null for a real one.</param>
    /// <param name="input">Standard input; null for the process's.</param>
    public static SwarmctlCommand Create(
        TextWriter output, TextWriter error, Func<string, CallInvoker>? connect = null, Func<Stream>? input = null) =>
        new(output, error, connect ?? ControlSocket.Connect, input ?? Console.OpenStandardInput);

    /// <summary>Runs one command line.</summary>
    /// <returns>0, or <see cref="Failure"/>.</returns>
    public async Task<int> RunAsync(string[] args)
    {
        var parsed = _root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            await _error.WriteLineAsync($"Error: {string.Join("; ", parsed.Errors.Select(e => e.Message))}");
            await _error.WriteLineAsync($"Run '{Path(parsed.CommandResult.Command)} --help' for usage.");
            return Failure;
        }

        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (RpcException e)
        {
            await _error.WriteLineAsync($"Error: {Describe(e)}");
            return Failure;
        }
        catch (CommandException e)
        {
            await _error.WriteLineAsync($"Error: {e.Message}");
            return Failure;
        }
    }

    private static string Describe(RpcException e) => e.StatusCode == StatusCode.Unavailable && e.Status.DebugException is { } cause
        ? $"no manager answers at the control socket: {cause.GetBaseException().Message}"
        : e.Status.Detail;

    private static string Path(Command command) =>
        command.Parents.OfType<Command>().FirstOrDefault() is { } parent ? $"{Path(parent)} {command.Name}" : "swarmctl";
}
