using System.CommandLine;
using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Cli.Output;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Cli.Commands;

/// <summary><c>swarmctl network</c>.</summary>
internal static class NetworkCommands
{
    public static Command Create(GlobalOptions globals) => new("network", "Networks that tasks are attached to")
    {
        List(globals), CreateNetwork(globals), Inspect(globals), Remove(globals),
    };

    private static Command List(GlobalOptions globals) => ListCommand.Create<Network>(
        globals,
        "networks",
        new TextTable("ID", "Name", "Driver"),
        async (result, cancellationToken) =>
        {
            var all = await globals.Client(result).ListNetworksAsync(new ListNetworksRequest(), cancellationToken: cancellationToken);
            return all.Networks.OrderBy(n => n.Spec.Annotations.Name, StringComparer.Ordinal);
        },
        n => n.Id,
        n => [n.Id, n.Spec.Annotations.Name, DriverOf(n)]);

    private static Command CreateNetwork(GlobalOptions globals)
    {
        var name = new Option<string>("--name") { Description = "name of the network", Required = true };
        var driver = new Option<string?>("--driver") { Description = "overlay unless given" };
        var addresses = new Option<string?>("--ipam-driver") { Description = "driver that gives out addresses" };
        var subnets = new Option<string[]>("--subnet") { Description = "subnet, such as 10.1.0.0/16" };
        var gateways = new Option<string[]>("--gateway") { Description = "gateway of the subnet given at the same place" };
        var ranges = new Option<string[]>("--ip-range") { Description = "range of the subnet given at the same place from which addresses are taken" };
        var options = new Option<string[]>("--opts") { Description = "option of the driver, key=value" };
        var labels = Payloads.LabelOption();
        var isInternal = new Option<bool>("--internal") { Description = "without a way to the outside" };
        var isAttachable = new Option<bool>("--attachable") { Description = "containers outside of services may be attached" };
        var isIngress = new Option<bool>("--ingress") { Description = "the network that published ports go through" };
        var hasIpv6 = new Option<bool>("--ipv6") { Description = "with IPv6 addresses" };
        var command = new Command("create", "Create a network")
        {
            name, driver, addresses, subnets, gateways, ranges, options, labels, isInternal, isAttachable, isIngress, hasIpv6,
        };
        command.SetAction(async (result, cancellationToken) =>
        {
            var spec = new NetworkSpec
            {
                Annotations = Payloads.Annotations(result.GetValue(name)!, result.GetValue(labels) ?? []),
                Internal = result.GetValue(isInternal),
                Attachable = result.GetValue(isAttachable),
                Ingress = result.GetValue(isIngress),
                Ipv6Enabled = result.GetValue(hasIpv6),
                DriverConfig = DriverOf(result.GetValue(driver), result.GetValue(options) ?? []),
                Ipam = AddressesOf(
                    result.GetValue(addresses), result.GetValue(subnets) ?? [], result.GetValue(ranges) ?? [], result.GetValue(gateways) ?? []),
            };
            var request = new CreateNetworkRequest { Spec = spec };
            var created = (await globals.Client(result).CreateNetworkAsync(request, cancellationToken: cancellationToken)).Network;
            globals.Answer(result, created, created.Id);
        });
        return command;
    }

    private static Driver? DriverOf(string? name, string[] options)
    {
        if (name is null && options.Length == 0)
        {
            return null;
        }

        var driver = new Driver { Name = name ?? "overlay" };
        foreach (var (key, value) in KeyValues.Parse("--opts", options))
        {
            driver.Options[key] = value;
        }

        return driver;
    }

    private static IPAMOptions? AddressesOf(string? driver, string[] subnets, string[] ranges, string[] gateways)
    {
        if (driver is null && subnets.Length + ranges.Length + gateways.Length == 0)
        {
            return null;
        }

        if (ranges.Length > subnets.Length || gateways.Length > subnets.Length)
        {
            throw new CommandException("--ip-range and --gateway: each must have its --subnet");
        }

        var options = new IPAMOptions { Driver = driver is null ? null : new Driver { Name = driver } };
        for (var i = 0; i < subnets.Length; i++)
        {
            options.Configs.Add(new IPAMConfig
            {
                Family = subnets[i].Contains(':', StringComparison.Ordinal) ? IPAMConfig.Types.AddressFamily.Ipv6 : IPAMConfig.Types.AddressFamily.Ipv4,
                Subnet = subnets[i],
                Range = ranges.ElementAtOrDefault(i) ?? "",
                Gateway = gateways.ElementAtOrDefault(i) ?? "",
            });
        }

        return options;
    }

    private static Command Inspect(GlobalOptions globals)
    {
        var name = new Argument<string>("NETWORK");
        var command = new Command("inspect", "Show a network") { name };
        command.SetAction(async (result, cancellationToken) =>
        {
            var client = globals.Client(result);
            var found = await Lookup.NetworkAsync(client, result.GetValue(name)!, cancellationToken);
            var request = new GetNetworkRequest { NetworkId = found.Id, Appdata = Any.Pack(new AddressUsage()) };
            var network = (await client.GetNetworkAsync(request, cancellationToken: cancellationToken)).Network;
            if (globals.IsJson(result))
            {
                globals.WriteJson(network);
                return;
            }

            Write(globals.Output, network);
        });
        return command;
    }

    private static void Write(TextWriter output, Network network)
    {
        var spec = network.Spec;
        var summary = Payloads.Describe(network.Id, spec.Annotations, network.Meta).Add("Driver", DriverOf(network))
            .Add("Ingress", spec.Ingress ? "yes" : "").Add("Internal", spec.Internal ? "yes" : "").Add("Attachable", spec.Attachable ? "yes" : "")
            .Add("IPv6", spec.Ipv6Enabled ? "yes" : "").Add("Waits for", network.WaitsFor);
        if ((network.DriverState ?? spec.DriverConfig) is { } driver)
        {
            driver.Options.OrderBy(o => o.Key, StringComparer.Ordinal).ToList().ForEach(o => summary.Add($"Option {o.Key}", o.Value));
        }

        var usage = network.Extra?.Is(AddressUsage.Descriptor) == true ? network.Extra.Unpack<AddressUsage>().Subnets : [];
        foreach (var config in (network.Ipam ?? spec.Ipam)?.Configs ?? [])
        {
            var used = usage.FirstOrDefault(u => u.Subnet == config.Subnet);
            summary.Head("IPAM").Add("  Subnet", config.Subnet).Add("  Range", config.Range).Add("  Gateway", config.Gateway)
                .Add("  In use", used is null ? "" : $"{used.InUse} of {used.Capacity}");
        }

        summary.WriteTo(output);
    }

    private static string DriverOf(Network network) => (network.DriverState ?? network.Spec.DriverConfig)?.Name ?? "overlay";

    private static Command Remove(GlobalOptions globals)
    {
        var name = new Argument<string>("NETWORK");
        var command = new Command("remove", "Remove a network that nothing uses") { name };
        command.Aliases.Add("rm");
        command.SetAction(async (result, cancellationToken) =>
        {
            var client = globals.Client(result);
            var network = await Lookup.NetworkAsync(client, result.GetValue(name)!, cancellationToken);
            await client.RemoveNetworkAsync(new RemoveNetworkRequest { NetworkId = network.Id }, cancellationToken: cancellationToken);
            globals.Output.WriteLine(network.Id);
        });
        return command;
    }
}
