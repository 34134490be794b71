using System.CommandLine;
using Microsoft.Extensions.Logging;
using SwarmOrleans.Agent;

namespace SwarmOrleans.Daemon;

/// <summary>The daemon's command line: SwarmKit's flags and ours.</summary>
internal static class NodeCommand
{
    public static RootCommand Create(Func<Func<NodeOptions>, LogLevel, CancellationToken, Task<int>> run)
    {
        var stateDirectory = new Option<string>("--state-dir", "-d") { Description = "directory of the node's state", DefaultValueFactory = _ => "/var/lib/swarmd" };
        var hostname = new Option<string>("--hostname") { Description = "host name of the node", DefaultValueFactory = _ => Environment.MachineName };
        var listenRemote = new Option<string>("--listen-remote-api") { Description = "where other nodes reach this one", DefaultValueFactory = _ => "0.0.0.0:4242" };
        var advertise = new Option<string>("--advertise-remote-api") { Description = "the address that other nodes dial, if it differs", DefaultValueFactory = _ => "" };
        var listenControl = new Option<string>("--listen-control-api") { Description = "control socket; by default swarmd.sock in the state directory", DefaultValueFactory = _ => "" };
        var joinAddress = new Option<string>("--join-addr") { Description = "any manager of the cluster to join", DefaultValueFactory = _ => "" };
        var joinToken = new Option<string>("--join-token") { Description = "what the cluster gives to nodes that may join", DefaultValueFactory = _ => "" };
        var force = new Option<bool>("--force-new-cluster") { Description = "make a cluster of this manager alone, after the others are lost" };
        var executor = new Option<ExecutorKind>("--executor") { Description = "how tasks run: auto, docker or process" };
        var engine = new Option<string>("--engine-addr") { Description = "address of the Docker engine", DefaultValueFactory = _ => "unix:///var/run/docker.sock" };
        var stopTasks = new Option<bool>("--stop-tasks-on-exit") { Description = "stop tasks when the daemon ends; else they go on and are adopted at the next start" };
        var level = new Option<LogLevel>("--log-level", "-l") { Description = "least level that is logged", DefaultValueFactory = _ => LogLevel.Information };
        var root = new RootCommand("The SwarmOrleans daemon: an agent, and a manager while its role says so.")
        {
            stateDirectory, hostname, listenRemote, advertise, listenControl, joinAddress, joinToken, force, executor, engine, stopTasks, level,
        };
        root.SetAction((result, cancellationToken) => run(() => Options(result), result.GetValue(level), cancellationToken));
        return root;

        NodeOptions Options(ParseResult result)
        {
            var listen = Addresses.Parse("--listen-remote-api", result.GetValue(listenRemote)!);
            var given = result.GetValue(advertise)!;
            var state = result.GetValue(stateDirectory)!;
            var socket = result.GetValue(listenControl)!;
            return new NodeOptions
            {
                StateDirectory = state,
                Hostname = result.GetValue(hostname)!,
                ListenRemoteApi = listen,
                AdvertiseRemoteApi = given.Length > 0 ? Addresses.Parse("--advertise-remote-api", given) : Addresses.Advertised(listen),
                ControlSocket = Path.GetFullPath(socket.Length > 0 ? socket : Path.Combine(state, "swarmd.sock")),
                JoinAddress = result.GetValue(joinAddress)!,
                JoinToken = result.GetValue(joinToken)!,
                ForceNewCluster = result.GetValue(force),
                Executor = result.GetValue(executor),
                Engine = new Uri(result.GetValue(engine)!),
                StopTasksOnExit = result.GetValue(stopTasks),
            };
        }
    }
}
