using Microsoft.Extensions.Logging;
using SwarmOrleans.Agent;
using SwarmOrleans.Contracts;
using SwarmOrleans.Security;
using SwarmOrleans.Silo.Hosting;

namespace SwarmOrleans.Daemon;

/// <summary>One node: always an agent, a manager while its role says so.</summary>
internal sealed partial class NodeDaemon(NodeOptions options, ILoggerFactory loggers)
{
    private readonly ILogger _logger = loggers.CreateLogger<NodeDaemon>();

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var state = StateDirectory.Open(options.StateDirectory);
        var newCluster = await ObtainIdentityAsync(state, cancellationToken);
        var security = new SecurityConfig(state.LoadIdentity());
        var self = security.Current.Self;
        if (options.ForceNewCluster && self.Role != NodeRole.Manager)
        {
            throw new JoinException("--force-new-cluster: this node is a worker; only a manager holds the cluster's state", isFinal: true);
        }

        LogIdentity(self.NodeId, NodeRoleNames.Of(self.Role), self.ClusterId);

        var random = new Random(self.NodeId.GetHashCode(StringComparison.Ordinal));
        var managers = new RemoteManagers(
            Path.Combine(state.Path, "state.json"), security, random, options.JoinAddress.Length > 0 ? [options.JoinAddress] : []);
        await using var manager = self.Role == NodeRole.Manager ? await StartManagerAsync(state, security, managers, newCluster, cancellationToken) : null;
        newCluster?.Dispose();
        if (manager is not null)
        {
            managers.LocalSocket = options.ControlSocket;
        }

        var agent = RunAgentAsync(state, managers, random, cancellationToken);
        if (manager is not null)
        {
            await Task.WhenAny(agent, manager.Failed);
            if (manager.Failed.IsFaulted)
            {
                await manager.Failed;
            }
        }

        await agent;
    }

    private async Task<RootCa?> ObtainIdentityAsync(StateDirectory state, CancellationToken cancellationToken)
    {
        if (state.HasIdentity)
        {
            CheckTokenFits(state);
            return null;
        }

        if (options.JoinAddress.Length == 0)
        {
            if (options.JoinToken.Length > 0)
            {
                throw new JoinException("--join-token needs --join-addr", isFinal: true);
            }

            return ClusterBootstrap.CreateIdentity(state, RandomIdSource.Secure, TimeProvider.System);
        }

        var joined = await new JoinClient(TimeProvider.System).JoinAsync(
            options.JoinAddress, options.JoinToken, NodeSpec.Types.Availability.Active, cancellationToken);
        state.SaveIdentity(joined.CertificatePem, joined.KeyPem, joined.RootPem);
        return null;
    }

    // A state directory belongs to one cluster; joining another with it would mix them up.
    private void CheckTokenFits(StateDirectory state)
    {
        if (options.JoinToken.Length > 0 && !JoinToken.Matches(options.JoinToken, state.LoadIdentity().RootPem))
        {
            throw new JoinException(
                $"state directory {state.Path} belongs to another cluster than the join token; use another directory or remove it", isFinal: true);
        }
    }

    private async Task<ManagerHost> StartManagerAsync(
        StateDirectory state, SecurityConfig security, RemoteManagers managers, RootCa? newCluster, CancellationToken cancellationToken)
    {
        var own = options.AdvertiseRemoteApi.ToString();
        return await ManagerHost.StartAsync(
            new ManagerOptions
            {
                State = state,
                Security = security,
                ListenRemoteApi = options.ListenRemoteApi,
                AdvertiseRemoteApi = options.AdvertiseRemoteApi,
                ControlSocket = options.ControlSocket,
                Hostname = options.Hostname,
                NewCluster = newCluster,
                ForceNewCluster = options.ForceNewCluster,
                Managers = [.. managers.Addresses.Where(a => a != own)],
                LoggerFactory = loggers,
            },
            cancellationToken);
    }

    private async Task RunAgentAsync(StateDirectory state, RemoteManagers managers, Random random, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(state.WorkerDirectory);
        await using var executor = await ExecutorSelection.CreateAsync(
            options.Executor,
            options.Engine,
            Path.Combine(state.WorkerDirectory, "processes"),
            options.Hostname,
            TimeProvider.System,
            cancellationToken);
        using var database = new TaskDatabase(Path.Combine(state.WorkerDirectory, "tasks.db"));
        var agent = new SwarmAgent(new AgentOptions
        {
            Executor = executor,
            Database = database,
            Managers = managers,
            FilesDirectory = Path.Combine(state.WorkerDirectory, "files"),
            Hostname = options.Hostname,
            Random = random,
            Logger = loggers.CreateLogger<SwarmAgent>(),
        });
        var running = agent.RunAsync(() => options.StopTasksOnExit, cancellationToken);
        if (await Task.WhenAny(agent.Ready, running) == agent.Ready)
        {
            LogReady();
        }

        await running;
    }

    [LoggerMessage(7001, LogLevel.Information, "node {NodeId} is a {Role} of cluster {ClusterId}")]
    private partial void LogIdentity(string nodeId, string role, string clusterId);

    [LoggerMessage(7002, LogLevel.Information, "node is ready")]
    private partial void LogReady();
}
