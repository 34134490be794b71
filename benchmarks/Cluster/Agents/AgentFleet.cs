using SwarmOrleans.Agent;
using SwarmOrleans.Benchmarks.ClusterLoad.Processes;
using SwarmOrleans.Contracts;
using SwarmOrleans.Security;

namespace SwarmOrleans.Benchmarks.ClusterLoad.Agents;

/// <summary>Real agents in this process: each with its own certificate, connection, session and task database.</summary>
internal sealed class AgentFleet : IAsyncDisposable
{
    private const int JoiningAtOnce = 16;

    private readonly CancellationTokenSource _ending = new();
    private readonly List<Task> _running = [];
    private readonly List<TaskDatabase> _databases = [];
    private readonly Lock _lock = new();

    /// <summary>Joins agents and waits until each has a session.</summary>
    public static async Task<AgentFleet> StartAsync(ManagerProcesses managers, int count, string directory)
    {
        var fleet = new AgentFleet();
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = JoiningAtOnce }, async (i, cancellationToken) =>
            await fleet.AddAsync(managers, i, directory, cancellationToken));
        return fleet;
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await Task.WhenAll(_running);
        _databases.ForEach(d => d.Dispose());
        _ending.Dispose();
    }

    private async Task AddAsync(ManagerProcesses managers, int index, string directory, CancellationToken cancellationToken)
    {
        var addresses = managers.Addresses;
        var joined = await new JoinClient(TimeProvider.System).JoinAsync(
            addresses[index % addresses.Count], managers.WorkerToken, NodeSpec.Types.Availability.Active, cancellationToken);
        var security = new SecurityConfig(NodeIdentity.Create(joined.CertificatePem, joined.KeyPem, joined.RootPem));
        var random = new Random(index);
        var database = new TaskDatabase(Path.Combine(directory, $"agent-{index}", "tasks.db"));
        var agent = new SwarmAgent(new AgentOptions
        {
            Executor = new InstantExecutor($"agent-{index}"),
            Database = database,
            Managers = new KnownManagers(security, random, [addresses[index % addresses.Count], .. addresses]),
            Random = random,
        });
        var running = agent.RunAsync(() => false, _ending.Token);
        lock (_lock)
        {
            _running.Add(running);
            _databases.Add(database);
        }

        await await Task.WhenAny(agent.Ready, running);
    }
}
