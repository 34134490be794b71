namespace SwarmOrleans.AppHost;

/// <summary>The nodes of a local swarm: names, ports and arguments, the same whatever starts them.</summary>
internal sealed class SwarmTopology
{
    private const int FirstPort = 4242;

    private SwarmTopology(IReadOnlyList<SwarmNode> nodes) => Nodes = nodes;

    /// <summary>Managers first; the first of them makes the cluster.</summary>
    public IReadOnlyList<SwarmNode> Nodes { get; }

    /// <summary>Lays out a swarm.</summary>
    /// <exception cref="ArgumentException">A number is out of range; the message names the option.</exception>
    public static SwarmTopology Create(int managers, int workers, string executor, string stateDirectory, int firstPort = FirstPort)
    {
        if (managers is < 1 or > 7)
        {
            throw new ArgumentException("--managers must be between 1 and 7");
        }

        if (workers is < 0 or > 50)
        {
            throw new ArgumentException("--workers must be between 0 and 50");
        }

        var nodes = new List<SwarmNode>();
        for (var i = 0; i < managers + workers; i++)
        {
            var isManager = i < managers;
            var name = isManager ? $"manager-{i + 1}" : $"worker-{i - managers + 1}";
            var directory = Path.Combine(stateDirectory, name);
            var address = $"127.0.0.1:{firstPort + i}";
            nodes.Add(new SwarmNode(
                name, isManager, address, Path.Combine(directory, "swarmd.sock"), i == 0 ? null : $"127.0.0.1:{firstPort}",
                ["-d", directory, "--hostname", name, "--listen-remote-api", address, "--executor", executor, "--stop-tasks-on-exit"]));
        }

        return new SwarmTopology(nodes);
    }
}

/// <summary>One node of a local swarm.</summary>
/// <param name="Name">Host name, and prefix of its log.</param>
/// <param name="IsManager">A manager; else a worker.</param>
/// <param name="Address">Its remote API.</param>
/// <param name="Socket">Its control socket, if it is a manager.</param>
/// <param name="JoinsThrough">The manager that it joins through; null for the one that makes the cluster.</param>
/// <param name="Arguments">Of <c>swarmd</c>, without the join token.</param>
internal sealed record SwarmNode(string Name, bool IsManager, string Address, string Socket, string? JoinsThrough, IReadOnlyList<string> Arguments);
