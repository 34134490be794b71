using Docker.DotNet.Models;
using Microsoft.Extensions.Time.Testing;
using SwarmOrleans.Agent;
using SwarmOrleans.Agent.Docker;
using SwarmOrleans.Agent.Processes;
using SwarmOrleans.Contracts;
using Endpoint = SwarmOrleans.Contracts.Endpoint;
using PortConfig = SwarmOrleans.Contracts.PortConfig;
using PublishMode = SwarmOrleans.Contracts.PortConfig.Types.PublishMode;

namespace SwarmOrleans.Tests.Unit.Agent;

/// <summary>Host-mode ports on a machine.</summary>
public sealed class ContainerPortsTests
{
    [Fact]
    public void HostPorts_ArePublished_OthersAreNot()
    {
        var task = TaskWith(Host(80, 8080), Host(80, 8081), Host(53, 0, PortConfig.Types.Protocol.Udp), new PortConfig { TargetPort = 90, PublishedPort = 9090 });
        Assert.Equal(["53/udp", "80/tcp"], ContainerPorts.Exposed(task).Keys.Order(StringComparer.Ordinal));
        var bindings = ContainerPorts.Bindings(task);
        Assert.Equal(["8080", "8081"], bindings["80/tcp"].Select(b => b.HostPort));
        Assert.Equal("", Assert.Single(bindings["53/udp"]).HostPort);
        Assert.Empty(ContainerPorts.Bindings(TaskWith()));
    }

    [Fact]
    public void Status_HasEachPortOnce_ThoughItIsBoundForBothFamilies()
    {
        var status = ContainerPorts.StatusOf(new Dictionary<string, IList<PortBinding>>
        {
            ["80/tcp"] = [new PortBinding { HostIP = "0.0.0.0", HostPort = "49153" }, new PortBinding { HostIP = "::", HostPort = "49153" }],
            ["53/udp"] = [new PortBinding { HostIP = "0.0.0.0", HostPort = "49154" }],
            ["99/tcp"] = null!,
        });
        Assert.Equal([Host(53, 49154, PortConfig.Types.Protocol.Udp), Host(80, 49153)], status.Ports);
        Assert.Empty(ContainerPorts.StatusOf(null).Ports);
    }

    [Fact]
    public async Task ProcessExecutor_PublishesPortsUnderTheirOwnNumberOnly()
    {
        await using var executor = new ProcessExecutor("/nowhere", "host", new FakeTimeProvider());
        var files = new FakeExecutor().Inputs.FilesOf(TaskWith());
        await using var controller = executor.CreateController(TaskWith(Host(80, 80)), files);
        Assert.Equal([Host(80, 80)], (await controller.GetPortsAsync(TestContext.Current.CancellationToken))!.Ports);
        Assert.Null(await executor.CreateController(TaskWith(), files).GetPortsAsync(TestContext.Current.CancellationToken));
        Assert.Contains("cannot publish port 80 as 8080", Assert.Throws<TaskException>(() => executor.CreateController(TaskWith(Host(80, 8080)), files)).Message, StringComparison.Ordinal);
        Assert.Throws<TaskException>(() => executor.CreateController(TaskWith(Host(80, 0)), files));
    }

    private static PortConfig Host(uint target, uint published, PortConfig.Types.Protocol protocol = PortConfig.Types.Protocol.Tcp) =>
        new() { TargetPort = target, PublishedPort = published, Protocol = protocol, PublishMode = PublishMode.Host };

    private static SwarmTask TaskWith(params PortConfig[] ports) => new()
    {
        Id = "t1",
        Spec = new SwarmOrleans.Contracts.TaskSpec { Container = new SwarmOrleans.Contracts.ContainerSpec { Command = { "x" } } },
        Endpoint = new Endpoint { Ports = { ports } },
    };
}
