using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using CliWrap;
using CliWrap.Buffered;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Tests.EndToEnd.Harness;

/// <summary>A swarm of real processes under a temporary directory.</summary>
internal sealed class TestSwarm(string executor = "process", string? engine = null) : IAsyncDisposable
{
    public const int SigStop = 19;
    public const int SigCont = 18;

    private readonly string _directory = Directory.CreateTempSubdirectory("swarm-test-").FullName;
    private readonly Dictionary<string, (NodeProcess Process, string[] Arguments)> _nodes = [];

    /// <summary>The manager that <see cref="RunAsync"/> talks to.</summary>
    public string Contact { get; set; } = "";

    public IEnumerable<string> Names => _nodes.Keys;

    public NodeProcess this[string name] => _nodes[name].Process;

    public string DirectoryOf(string name) => Path.Combine(_directory, name);

    public string AddressOf(string name) => _nodes[name].Arguments[Array.IndexOf(_nodes[name].Arguments, "--listen-remote-api") + 1];

    public string SocketOf(string name) => Path.Combine(DirectoryOf(name), "swarmd.sock");

    /// <summary>Number of tasks that a manager knows of.</summary>
    public static async Task<int> TasksAsync(ControlConnection connection) => (await connection.Client.ListTasksAsync(new ListTasksRequest())).Tasks.Count;

    public static string FreeAddress(IPAddress? address = null)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(address ?? IPAddress.Loopback, 0));
        return socket.LocalEndPoint!.ToString()!;
    }

    /// <summary>Starts the first manager.</summary>
    public async Task<string> StartFirstAsync(string name, string? address = null)
    {
        var listen = address ?? FreeAddress();
        Start(name, ["--listen-remote-api", listen]);
        Contact = name;
        await UntilAsync($"{name} ready", async () => (await RunAsync("node", "ls")).Contains(" READY ", StringComparison.Ordinal));
        return listen;
    }

    public async Task<(string Worker, string Manager)> TokensAsync()
    {
        using var cluster = JsonDocument.Parse(await RunAsync("cluster", "inspect", "default", "--output", "json"));
        var tokens = cluster.RootElement.GetProperty("rootCa").GetProperty("joinTokens");
        return (tokens.GetProperty("worker").GetString()!, tokens.GetProperty("manager").GetString()!);
    }

    /// <summary>Starts a node that joins through <paramref name="manager"/>.</summary>
    public void Join(string name, string manager, string token) =>
        Start(name, ["--listen-remote-api", FreeAddress(), "--join-addr", manager, "--join-token", token]);

    /// <summary>Starts managers m1… and workers w1… and waits until all are READY.</summary>
    public async Task StartAsync(int managers, int workers)
    {
        var address = await StartFirstAsync("m1");
        var (worker, manager) = await TokensAsync();
        for (var i = 2; i <= managers; i++)
        {
            Join($"m{i}", address, manager);
        }

        for (var i = 1; i <= workers; i++)
        {
            Join($"w{i}", address, worker);
        }

        await UntilAsync("all nodes ready", async () => Count(await RunAsync("node", "ls"), " READY ") == managers + workers);
    }

    /// <summary>Starts a node again with the arguments it had, but without joining anew.</summary>
    public void Restart(string name, params string[] more)
    {
        string[] arguments = [.. _nodes[name].Arguments, .. more];
        _nodes[name].Process.Dispose();
        _nodes.Remove(name);
        Start(name, arguments);
    }

    public Task KillAsync(string name) => _nodes[name].Process.KillAsync();

    /// <summary>Runs swarmctl and gives its output; fails the test when it fails.</summary>
    public async Task<string> RunAsync(params string[] arguments)
    {
        var result = await TryAsync(arguments);
        return result.ExitCode == 0 ? result.StandardOutput : "";
    }

    /// <summary>Runs swarmctl, which must succeed.</summary>
    public async Task<string> DoAsync(params string[] arguments)
    {
        var result = await TryAsync(arguments);
        Assert.True(result.ExitCode == 0, $"swarmctl {string.Join(' ', arguments)}: {result.StandardError}");
        return result.StandardOutput;
    }

    public async Task<BufferedCommandResult> TryAsync(params string[] arguments) => await Cli.Wrap(BuiltPrograms.Swarmctl)
        .WithArguments(["--socket", SocketOf(Contact), .. arguments])
        .WithValidation(CommandResultValidation.None)
        .ExecuteBufferedAsync(TestContext.Current.CancellationToken);

    /// <summary>Tasks of a service that should run and do, as slot, task id, image and node name.</summary>
    public async Task<List<(int Slot, string Id, string Image, string Node)>> RunningAsync(string service)
    {
        var tasks = new List<(int, string, string, string)>();
        foreach (var line in (await RunAsync("service", "ps", service)).Split('\n').Skip(2))
        {
            var cells = line.Split("  ", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            if (cells.Length >= 7 && cells[4] == "RUNNING" && cells[5].StartsWith("RUNNING", StringComparison.Ordinal))
            {
                tasks.Add((int.Parse(cells[2], CultureInfo.InvariantCulture), cells[0], cells[3], cells[6]));
            }
        }

        return tasks;
    }

    public async Task UntilAsync(string what, Func<Task<bool>> condition, int seconds = 60)
    {
        var watch = Stopwatch.StartNew();
        while (!await condition())
        {
            if (watch.Elapsed > TimeSpan.FromSeconds(seconds))
            {
                Assert.Fail($"not within {seconds} s: {what}\n{await DescribeAsync()}");
            }

            await Task.Delay(100, TestContext.Current.CancellationToken);
        }
    }

    public static int Count(string text, string part) => text.Split(part).Length - 1;

    public async ValueTask DisposeAsync()
    {
        // Ended on purpose with their tasks, so that no process outlives the test.
        await Task.WhenAll(_nodes.Values.Select(n => n.Process.StopAsync()));
        foreach (var (process, _) in _nodes.Values)
        {
            process.Dispose();
        }

        KillLeftTasks();
        Directory.Delete(_directory, recursive: true);
    }

    private void Start(string name, string[] arguments)
    {
        var engineArguments = engine is null ? Array.Empty<string>() : ["--engine-addr", engine];
        _nodes[name] = (
            NodeProcess.Start(BuiltPrograms.Swarmd, ["-d", DirectoryOf(name), "--hostname", name, "--executor", executor, .. engineArguments, .. arguments]),
            arguments);
    }

    private void KillLeftTasks()
    {
        foreach (var file in Directory.EnumerateFiles(_directory, "*", SearchOption.AllDirectories).Where(f => Path.GetFileName(f) is "pid" or "shim"))
        {
            if (int.TryParse(File.ReadAllText(file), CultureInfo.InvariantCulture, out var id) && IsOurs(id))
            {
                Process.GetProcessById(id).Kill();
            }
        }
    }

    private static bool IsOurs(int id)
    {
        var file = $"/proc/{id}/cmdline";
        return File.Exists(file) && (File.ReadAllText(file) is var line) && (line.Contains("swarm-test-", StringComparison.Ordinal) || line.StartsWith("sleep\0", StringComparison.Ordinal));
    }

    private async Task<string> DescribeAsync()
    {
        var text = new StringBuilder(await RunAsync("node", "ls"));
        foreach (var service in (await RunAsync("service", "ls", "-q")).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var inspected = await RunAsync("service", "inspect", "-a", service);
            text.AppendLine(inspected.Length > 6000 ? inspected[..6000] : inspected);
        }

        foreach (var (name, node) in _nodes)
        {
            var log = node.Process.Log;
            text.AppendLine(CultureInfo.InvariantCulture, $"--- {name}").AppendLine(log.Length > 4000 ? log[^4000..] : log);
        }

        return text.ToString();
    }
}
