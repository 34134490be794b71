using Docker.DotNet;
using Docker.DotNet.Models;
using SwarmOrleans.Contracts;
using EngineDescription = SwarmOrleans.Contracts.EngineDescription;
using Node = SwarmOrleans.Contracts.Node;
using NodeDescription = SwarmOrleans.Contracts.NodeDescription;
using Platform = SwarmOrleans.Contracts.Platform;
using PluginDescription = SwarmOrleans.Contracts.PluginDescription;
using Resources = SwarmOrleans.Contracts.Resources;
using Version = System.Version;

namespace SwarmOrleans.Agent.Docker;

/// <summary>Runs tasks as containers of a Docker Engine, 20.10 to 29.</summary>
public sealed class DockerExecutor : IExecutor
{
    /// <summary>Newest version of the Engine's API that this executor is written for.</summary>
    public static readonly Version NewestApi = new(1, 44);

    private const int MaxConcurrentStarts = 8;

    private readonly DockerClient _client;
    private readonly SemaphoreSlim _starts = new(MaxConcurrentStarts);

    private DockerExecutor(DockerClient client) => _client = client;

    /// <summary>Connects and agrees on a version of the API: the lower of the engine's and ours, but not below what the engine still speaks.</summary>
    /// <param name="endpoint">For example <c>unix:///var/run/docker.sock</c>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="TaskException">No engine answers there.</exception>
    public static async Task<DockerExecutor> ConnectAsync(Uri endpoint, CancellationToken cancellationToken)
    {
        try
        {
            using var probe = new DockerClientBuilder().WithEndpoint(endpoint).WithTimeout(TimeSpan.FromSeconds(10)).Build();
            var engine = await probe.System.GetVersionAsync(cancellationToken);
            var version = Agree(engine.APIVersion, engine.MinAPIVersion);
            return new DockerExecutor(
                new DockerClientBuilder().WithEndpoint(endpoint).WithApiVersion(version).WithTimeout(Timeout.InfiniteTimeSpan).Build());
        }
        catch (Exception e) when (e is HttpRequestException or IOException or DockerApiException or TimeoutException or System.Net.Sockets.SocketException)
        {
            throw new TaskException($"no Docker engine answers at {endpoint}: {e.Message}", isTemporary: true, inner: e);
        }
    }

    /// <summary>The version to speak with an engine that speaks up to <paramref name="newest"/> and down to <paramref name="oldest"/>.</summary>
    public static Version Agree(string newest, string? oldest)
    {
        var agreed = Version.Parse(newest) < NewestApi ? Version.Parse(newest) : NewestApi;
        return Version.TryParse(oldest, out var least) && least > agreed ? least : agreed;
    }

    /// <inheritdoc />
    public async Task<NodeDescription> DescribeAsync(CancellationToken cancellationToken)
    {
        var info = await Errors.TranslateAsync(() => _client.System.GetSystemInfoAsync(cancellationToken));
        var engine = new EngineDescription { EngineVersion = info.ServerVersion };
        foreach (var label in info.Labels ?? [])
        {
            var equals = label.IndexOf('=', StringComparison.Ordinal);
            engine.Labels[equals < 0 ? label : label[..equals]] = equals < 0 ? "" : label[(equals + 1)..];
        }

        AddPlugins(engine, "Volume", info.Plugins?.Volume);
        AddPlugins(engine, "Network", info.Plugins?.Network);
        AddPlugins(engine, "Log", info.Plugins?.Log);
        return new NodeDescription
        {
            Hostname = info.Name,
            Platform = new Platform { Os = info.OSType, Architecture = info.Architecture },
            Resources = new Resources { NanoCpus = info.NCPU * 1_000_000_000, MemoryBytes = info.MemTotal },
            Engine = engine,
        };
    }

    /// <inheritdoc />
    public Task ConfigureAsync(Node node, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    public ITaskController CreateController(SwarmTask task, TaskFiles files)
    {
        ArgumentNullException.ThrowIfNull(task);
        return task.Spec?.Container is null
            ? throw new TaskException("the Docker executor runs container specs only")
            : new DockerController(task, files, _client, _starts);
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        _starts.Dispose();
        return ValueTask.CompletedTask;
    }

    private static void AddPlugins(EngineDescription engine, string type, IEnumerable<string>? names)
    {
        foreach (var name in (names ?? []).Order(StringComparer.Ordinal))
        {
            engine.Plugins.Add(new PluginDescription { Type = type, Name = name });
        }
    }
}
