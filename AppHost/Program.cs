using System.CommandLine;
using System.Runtime.InteropServices;
using SwarmOrleans.AppHost;
using SwarmOrleans.AppHost.Local;

var managers = new Option<int>("--managers") { Description = "number of managers", DefaultValueFactory = _ => 3 };
var workers = new Option<int>("--workers") { Description = "number of workers", DefaultValueFactory = _ => 2 };
var executor = new Option<string>("--executor") { Description = "auto, docker or process", DefaultValueFactory = _ => "auto" };
var stateDirectory = new Option<string?>("--state-dir") { Description = "keeps the swarm's state; by default it is temporary" };
var port = new Option<int>("--port") { Description = "remote API of the first node; the others follow", DefaultValueFactory = _ => 4242 };
var restart = new Option<bool>("--restart") { Description = "start a node again when its process dies" };
var root = new RootCommand("A whole swarm on this machine.") { managers, workers, executor, stateDirectory, port, restart };
root.SetAction(RunAsync);
return await root.Parse(args).InvokeAsync();

async Task<int> RunAsync(ParseResult result, CancellationToken cancellationToken)
{
    using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
    using var onTerm = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
    using var onInt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
    var given = result.GetValue(stateDirectory);
    var directory = given is null ? Directory.CreateTempSubdirectory("swarm-").FullName : Path.GetFullPath(given);
    try
    {
        var topology = SwarmTopology.Create(
            result.GetValue(managers), result.GetValue(workers), result.GetValue(executor)!, directory, result.GetValue(port));
        return await new LocalSwarm(topology, result.GetValue(restart), Console.Out).RunAsync(stopping.Token);
    }
    catch (ArgumentException e)
    {
        await Console.Error.WriteLineAsync(e.Message);
        return 1;
    }
    finally
    {
        if (given is null)
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    void Stop(PosixSignalContext context)
    {
        context.Cancel = true;
        stopping.Cancel();
    }
}
