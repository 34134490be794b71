using System.Net;
using System.Net.Sockets;
using Grpc.Core;
using Grpc.Net.Client;
using SwarmOrleans.Contracts;
using SwarmOrleans.Security;
using ControlClient = SwarmOrleans.Contracts.Control.ControlClient;

namespace SwarmOrleans.Benchmarks.ClusterLoad.Processes;

/// <summary>Managers as <c>swarmd</c> processes on loopback, their logs on the disk of the given directory.</summary>
internal sealed class ManagerProcesses : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly string _directory;
    private readonly List<Member> _members = [];

    private ManagerProcesses(string directory) => _directory = directory;

    /// <summary>The identity of the first manager: whoever can read its state directory may act as it.</summary>
    public SecurityConfig Security { get; private set; } = null!;

    public string WorkerToken { get; private set; } = "";

    public IReadOnlyList<string> Addresses => [.. _members.Select(m => m.Address)];

    public static async Task<ManagerProcesses> StartAsync(int count, string directory)
    {
        var managers = new ManagerProcesses(Directory.CreateDirectory(Path.Combine(directory, $"managers-{Guid.NewGuid():N}")).FullName);
        try
        {
            await managers.StartAllAsync(count);
            return managers;
        }
        catch
        {
            await managers.DisposeAsync();
            throw;
        }
    }

    /// <summary>A TLS channel to a manager's remote API.</summary>
    public GrpcChannel Open(string address) => GrpcChannel.ForAddress(
        $"https://{address}", new GrpcChannelOptions { HttpHandler = Security.CreateHandler(), DisposeHttpClient = true, MaxReceiveMessageSize = null });

    /// <summary>A plaintext channel to a manager's control socket.</summary>
    public GrpcChannel OpenSocket(int index)
    {
        var path = Path.Combine(_directory, $"m{index}", "swarmd.sock");
        return GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions
        {
            DisposeHttpClient = true,
            HttpHandler = new SocketsHttpHandler
            {
                ConnectCallback = async (_, cancellationToken) =>
                {
                    var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
                    return new NetworkStream(socket, ownsSocket: true);
                },
            },
        });
    }

    /// <summary>Index of the manager that leads.</summary>
    public async Task<int> LeaderAsync()
    {
        foreach (var member in _members.Where(m => !m.Process.HasExited))
        {
            using var channel = Open(member.Address);
            try
            {
                var nodes = await new ControlClient(channel).ListNodesAsync(new ListNodesRequest(), deadline: DateTime.UtcNow.AddSeconds(2));
                var leader = nodes.Nodes.FirstOrDefault(n => n.ManagerStatus?.Leader == true);
                var index = _members.FindIndex(m => m.Address == leader?.ManagerStatus.Addr);
                if (index >= 0 && !_members[index].Process.HasExited)
                {
                    return index;
                }
            }
            catch (RpcException)
            {
                // The next may know.
            }
        }

        return -1;
    }

    public ChildProcess this[int index] => _members[index].Process;

    /// <summary>Processor time of all managers so far.</summary>
    public double CpuSeconds => _members.Where(m => !m.Process.HasExited).Sum(m => m.Process.CpuSeconds);

    /// <summary>Starts a manager again that was killed.</summary>
    public void Restart(int index) => _members[index] = _members[index] with { Process = Start(index, _members[index].Address, []) };

    /// <summary>Waits until all managers are reachable and one leads.</summary>
    public async Task ReadyAsync()
    {
        var begin = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                using var channel = Open(_members[0].Address);
                var nodes = await new ControlClient(channel).ListNodesAsync(new ListNodesRequest(), deadline: DateTime.UtcNow.AddSeconds(2));
                if (nodes.Nodes.Count(n => n.ManagerStatus?.Reachability == RaftMemberStatus.Types.Reachability.Reachable) == _members.Count
                    && nodes.Nodes.Any(n => n.ManagerStatus?.Leader == true)
                    && nodes.Nodes.Where(n => n.ManagerStatus is not null).All(n => n.Status?.State == NodeStatus.Types.State.Ready))
                {
                    return;
                }
            }
            catch (RpcException)
            {
                // Not yet.
            }

            Check(begin);
            await Task.Delay(50);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_members.Select(m => m.Process.DisposeAsync().AsTask()));
        Directory.Delete(_directory, recursive: true);
    }

    /// <summary>An address of loopback that is free now.</summary>
    public static string FreeAddress()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket.LocalEndPoint!.ToString()!;
    }

    private async Task StartAllAsync(int count)
    {
        var first = FreeAddress();
        _members.Add(new Member(first, Start(0, first, [])));
        await IdentityAsync();
        var tokens = await TokensAsync();
        WorkerToken = tokens.Worker;
        for (var i = 1; i < count; i++)
        {
            var address = FreeAddress();
            _members.Add(new Member(address, Start(i, address, ["--join-addr", first, "--join-token", tokens.Manager])));
        }

        await ReadyAsync();
    }

    // Managers run no tasks here, so that all the agents measured are the driver's.
    private ChildProcess Start(int index, string address, IEnumerable<string> more) => new(
        Path.Combine(AppContext.BaseDirectory, "..", "..", "Node", Path.GetFileName(AppContext.BaseDirectory.TrimEnd('/')), "swarmd"),
        ["-d", Path.Combine(_directory, $"m{index}"), "--hostname", $"m{index}", "--listen-remote-api", address, "--executor", "process", "-l", "Warning", .. more]);

    private async Task IdentityAsync()
    {
        var certificates = Path.Combine(_directory, "m0", "certificates");
        var begin = TimeProvider.System.GetTimestamp();
        while (!File.Exists(Path.Combine(certificates, "swarm-node.crt")))
        {
            Check(begin);
            await Task.Delay(50);
        }

        var key = PemFile.Parse(await File.ReadAllTextAsync(Path.Combine(certificates, "swarm-node.key"))) with { Headers = new Dictionary<string, string>() };
        Security = new SecurityConfig(NodeIdentity.Create(
            await File.ReadAllBytesAsync(Path.Combine(certificates, "swarm-node.crt")),
            key.ToString(),
            await File.ReadAllBytesAsync(Path.Combine(certificates, "swarm-root-ca.crt"))));
    }

    private async Task<JoinTokens> TokensAsync()
    {
        var begin = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                using var channel = Open(_members[0].Address);
                var clusters = await new ControlClient(channel).ListClustersAsync(new ListClustersRequest(), deadline: DateTime.UtcNow.AddSeconds(2));
                if (clusters.Clusters.Count == 1)
                {
                    return clusters.Clusters[0].RootCa.JoinTokens;
                }
            }
            catch (RpcException)
            {
                // Not yet.
            }

            Check(begin);
            await Task.Delay(50);
        }
    }

    private void Check(long begin)
    {
        if (TimeProvider.System.GetElapsedTime(begin) > Patience || _members.Any(m => m.Process.HasExited))
        {
            throw new InvalidOperationException($"the managers did not come up:\n{string.Join('\n', _members.Select(m => m.Process.Log))}");
        }
    }

    private sealed record Member(string Address, ChildProcess Process);
}
