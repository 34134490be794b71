using System.Diagnostics;
using CliWrap;
using CliWrap.Buffered;

namespace SwarmOrleans.Tests.EndToEnd.Harness;

/// <summary>A Docker daemon of the test's own, with images made from busybox; optionally in a network namespace, as another machine would be.</summary>
internal sealed class DockerDaemon : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("docker-test-").FullName;
    private readonly NodeProcess _process;

    private DockerDaemon(string? networkNamespace, bool hasBridge)
    {
        string[] arguments =
        [
            "dockerd", "--data-root", Path.Combine(_directory, "data"), "--exec-root", Path.Combine(_directory, "exec"),
            "--pidfile", Path.Combine(_directory, "pid"), "-H", Socket, "--iptables=false", "--storage-driver", "vfs",
            .. hasBridge ? (string[])["--bip", "172.31.253.1/24"] : ["--bridge=none"],
        ];
        _process = networkNamespace is null
            ? NodeProcess.Start("dockerd", arguments[1..])
            : NodeProcess.Start("nsenter", [$"--net=/run/netns/{networkNamespace}", .. arguments]);
    }

    public string Socket => $"unix://{_directory}/docker.sock";

    /// <summary>Every docker CLI on this machine: the newest in the path and Debian's.</summary>
    public static IReadOnlyList<string> Clients { get; } = [.. new[] { "/usr/local/bin/docker", "/usr/bin/docker" }.Where(File.Exists)];

    /// <summary>Skips the test, saying why, where there is no Docker or no right to start it.</summary>
    public static void RequireDocker(bool needsNetworkNamespaces = false)
    {
        if (!File.Exists("/usr/sbin/dockerd"))
        {
            Assert.Skip("Docker's daemon is not installed (Debian package docker.io)");
        }

        if (Environment.UserName != "root")
        {
            Assert.Skip("only root may start a Docker daemon");
        }

        if (!File.Exists("/bin/busybox"))
        {
            Assert.Skip("busybox is not installed (Debian package busybox-static): the test's images are made from it");
        }

        if (needsNetworkNamespaces && !File.Exists("/usr/sbin/ip") && !File.Exists("/sbin/ip"))
        {
            Assert.Skip("ip is not installed (Debian package iproute2)");
        }
    }

    /// <param name="networkNamespace">Where its ports are; null for this machine's own network.</param>
    /// <param name="hasBridge">Containers are on a network, and their ports can be published. In a namespace only: it makes a bridge.</param>
    public static async Task<DockerDaemon> StartAsync(string? networkNamespace = null, bool hasBridge = false)
    {
        var daemon = new DockerDaemon(networkNamespace, hasBridge);
        var watch = Stopwatch.StartNew();
        while ((await daemon.TryAsync(Clients[0], "version")).ExitCode != 0)
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(60) && !daemon._process.HasExited, $"dockerd did not start:\n{daemon._process.Log}");
            await Task.Delay(200, TestContext.Current.CancellationToken);
        }

        foreach (var client in Clients)
        {
            var version = await daemon.TryAsync(client, "version", "--format", "client {{.Client.Version}}, engine {{.Server.Version}}");
            TestContext.Current.TestOutputHelper?.WriteLine($"{client}: {version.StandardOutput.Trim()}");
        }

        return daemon;
    }

    /// <summary>Makes an image whose command sleeps until it is asked to stop.</summary>
    public async Task ImportAsync(string name)
    {
        var root = Directory.CreateDirectory(Path.Combine(_directory, "rootfs", "bin"));
        var archive = Path.Combine(_directory, "rootfs.tar");
        if (!File.Exists(archive))
        {
            File.Copy("/bin/busybox", Path.Combine(root.FullName, "busybox"));
            foreach (var applet in new[] { "sh", "sleep", "true", "false" })
            {
                File.CreateSymbolicLink(Path.Combine(root.FullName, applet), "busybox");
            }

            await Cli.Wrap("tar").WithArguments(["-C", root.Parent!.FullName, "-cf", archive, "."]).ExecuteAsync();
        }

        // The first process of a container ignores SIGTERM unless it says otherwise.
        await DoAsync("import", "--change", "CMD [\"/bin/sh\",\"-c\",\"trap 'exit 0' TERM; sleep 1000 & wait\"]", archive, name);
    }

    public async Task<string> DoAsync(params string[] arguments)
    {
        var result = await TryAsync(Clients[0], arguments);
        Assert.True(result.ExitCode == 0, $"docker {string.Join(' ', arguments)}: {result.StandardError}");
        return result.StandardOutput;
    }

    public async Task<BufferedCommandResult> TryAsync(string client, params string[] arguments) => await Cli.Wrap(client)
        .WithArguments(["-H", Socket, .. arguments])
        .WithValidation(CommandResultValidation.None)
        .ExecuteBufferedAsync();

    public async ValueTask DisposeAsync()
    {
        foreach (var id in (await TryAsync(Clients[0], "ps", "-aq")).StandardOutput.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            await TryAsync(Clients[0], "rm", "-f", id);
        }

        await _process.StopAsync();
        _process.Dispose();
        Directory.Delete(_directory, recursive: true);
    }
}
