using System.Globalization;
using CliWrap;
using CliWrap.Buffered;

namespace SwarmOrleans.Tests.EndToEnd.Harness;

/// <summary>A network namespace joined to this machine by a cable: another machine, as far as the network goes.</summary>
internal sealed class NetworkNamespace : IAsyncDisposable
{
    private static int _count;

    private readonly int _number = (Environment.ProcessId % 200) + Interlocked.Increment(ref _count);

    public string Name => string.Create(CultureInfo.InvariantCulture, $"swarmtest{_number}");

    /// <summary>Address of this machine's end.</summary>
    public string HostAddress => string.Create(CultureInfo.InvariantCulture, $"10.231.{_number}.1");

    /// <summary>Address of the other end.</summary>
    public string Address => string.Create(CultureInfo.InvariantCulture, $"10.231.{_number}.2");

    public static async Task<NetworkNamespace> CreateAsync()
    {
        var created = new NetworkNamespace();
        var (host, inside) = ($"swt{created._number}a", $"swt{created._number}b");
        await IpAsync($"netns add {created.Name}");
        await IpAsync($"link add {host} type veth peer name {inside}");
        await IpAsync($"link set {inside} netns {created.Name}");
        await IpAsync($"addr add {created.HostAddress}/24 dev {host}");
        await IpAsync($"link set {host} up");
        await IpAsync($"-n {created.Name} addr add {created.Address}/24 dev {inside}");
        await IpAsync($"-n {created.Name} link set {inside} up");
        await IpAsync($"-n {created.Name} link set lo up");
        return created;
    }

    public async ValueTask DisposeAsync() => await IpAsync($"netns del {Name}");

    private static async Task IpAsync(string arguments)
    {
        var result = await Cli.Wrap("ip").WithArguments(arguments.Split(' ')).WithValidation(CommandResultValidation.None).ExecuteBufferedAsync();
        Assert.True(result.ExitCode == 0, $"ip {arguments}: {result.StandardError}");
    }
}
