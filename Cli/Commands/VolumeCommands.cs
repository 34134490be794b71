using System.CommandLine;
using System.Globalization;
using SwarmOrleans.Cli.Output;
using SwarmOrleans.Contracts;
using Availability = SwarmOrleans.Contracts.VolumeSpec.Types.VolumeAvailability;
using ControlRpc = SwarmOrleans.Contracts.Control;
using Scope = SwarmOrleans.Contracts.VolumeAccessMode.Types.Scope;
using Sharing = SwarmOrleans.Contracts.VolumeAccessMode.Types.Sharing;

namespace SwarmOrleans.Cli.Commands;

/// <summary><c>swarmctl volume</c>: cluster volumes.</summary>
internal static class VolumeCommands
{
    public static Command Create(GlobalOptions globals) => new("volume", "Cluster volumes")
    {
        List(globals), CreateVolume(globals), Inspect(globals), Remove(globals),
    };

    private static Command List(GlobalOptions globals) => ListCommand.Create<Volume>(
        globals,
        "volumes",
        new TextTable("ID", "Name", "Group", "Driver", "Availability"),
        async (result, cancellationToken) =>
        {
            var all = await globals.Client(result).ListVolumesAsync(new ListVolumesRequest(), cancellationToken: cancellationToken);
            return all.Volumes.OrderBy(v => v.Spec.Annotations.Name, StringComparer.Ordinal);
        },
        v => v.Id,
        v => [v.Id, v.Spec.Annotations.Name, v.Spec.Group, v.Spec.Driver?.Name ?? "", Text.Upper(v.Spec.Availability)]);

    private static Command CreateVolume(GlobalOptions globals)
    {
        var name = new Argument<string>("NAME");
        var driver = new Option<string>("--driver", "-d") { Description = "driver that makes the volume", Required = true };
        var options = new Option<string[]>("--opts") { Description = "option of the driver, key=value" };
        var group = new Option<string>("--group") { Description = "group that mounts can ask for", DefaultValueFactory = _ => "" };
        var scope = new Option<string>("--scope") { Description = "single or multi: nodes that use it at once", DefaultValueFactory = _ => "single" };
        var sharing = new Option<string>("--sharing") { Description = "none, readonly, onewriter or all", DefaultValueFactory = _ => "none" };
        var type = new Option<string>("--type") { Description = "mount or block", DefaultValueFactory = _ => "mount" };
        var required = new Option<string?>("--required-bytes") { Description = "least capacity" };
        var limit = new Option<string?>("--limit-bytes") { Description = "most capacity" };
        var secrets = new Option<string[]>("--secret") { Description = "secret for the driver, key=SECRET" };
        var labels = Payloads.LabelOption();
        var command = new Command("create", "Create a cluster volume") { name, driver, options, group, scope, sharing, type, required, limit, secrets, labels };
        command.SetAction(async (result, cancellationToken) =>
        {
            var client = globals.Client(result);
            var spec = new VolumeSpec
            {
                Annotations = Payloads.Annotations(result.GetValue(name)!, result.GetValue(labels) ?? []),
                Group = result.GetValue(group),
                Driver = new Driver { Name = result.GetValue(driver) },
                AccessMode = AccessOf(result.GetValue(scope)!, result.GetValue(sharing)!, result.GetValue(type)!),
                CapacityRange = CapacityOf(result.GetValue(required), result.GetValue(limit)),
                Availability = Availability.Active,
            };
            foreach (var (key, value) in KeyValues.Parse("--opts", result.GetValue(options) ?? []))
            {
                spec.Driver.Options[key] = value;
            }

            await AddSecretsAsync(client, spec, result.GetValue(secrets) ?? [], cancellationToken);
            var created = (await client.CreateVolumeAsync(new CreateVolumeRequest { Spec = spec }, cancellationToken: cancellationToken)).Volume;
            globals.Answer(result, created, created.Id);
        });
        return command;
    }

    private static VolumeAccessMode AccessOf(string scope, string sharing, string type)
    {
        var mode = new VolumeAccessMode
        {
            Scope = scope switch
            {
                "single" => Scope.SingleNode,
                "multi" => Scope.MultiNode,
                _ => throw new CommandException($"--scope: \"{scope}\" is neither single nor multi"),
            },
            Sharing = sharing switch
            {
                "none" => Sharing.None,
                "readonly" => Sharing.ReadOnly,
                "onewriter" => Sharing.OneWriter,
                "all" => Sharing.All,
                _ => throw new CommandException($"--sharing: \"{sharing}\" is neither none, readonly, onewriter nor all"),
            },
        };
        switch (type)
        {
            case "mount":
                mode.Mount = new VolumeAccessMode.Types.MountVolume();
                return mode;
            case "block":
                mode.Block = new VolumeAccessMode.Types.BlockVolume();
                return mode;
            default:
                throw new CommandException($"--type: \"{type}\" is neither mount nor block");
        }
    }

    private static CapacityRange? CapacityOf(string? required, string? limit) => required is null && limit is null ? null : new CapacityRange
    {
        RequiredBytes = required is null ? 0 : Quantities.Bytes("--required-bytes", required),
        LimitBytes = limit is null ? 0 : Quantities.Bytes("--limit-bytes", limit),
    };

    private static async Task AddSecretsAsync(ControlRpc.ControlClient client, VolumeSpec spec, string[] texts, CancellationToken cancellationToken)
    {
        foreach (var (key, value) in KeyValues.Parse("--secret", texts))
        {
            spec.Secrets.Add(new VolumeSecret { Key = key, Secret = (await Lookup.SecretAsync(client, value, cancellationToken)).Id });
        }
    }

    private static Command Inspect(GlobalOptions globals)
    {
        var name = new Argument<string>("VOLUME");
        var command = new Command("inspect", "Show a cluster volume") { name };
        command.SetAction(async (result, cancellationToken) =>
        {
            var volume = await Lookup.VolumeAsync(globals.Client(result), result.GetValue(name)!, cancellationToken);
            if (globals.IsJson(result))
            {
                globals.WriteJson(volume);
                return;
            }

            var spec = volume.Spec;
            var summary = Payloads.Describe(volume.Id, spec.Annotations, volume.Meta).Add("Group", spec.Group).Add("Driver", spec.Driver?.Name)
                .Add("Availability", Text.Upper(spec.Availability)).Add("Scope", spec.AccessMode?.Scope.ToString())
                .Add("Sharing", spec.AccessMode?.Sharing.ToString()).Add("Volume ID", volume.VolumeInfo?.VolumeId)
                .Add("Capacity", volume.VolumeInfo is { } info ? info.CapacityBytes.ToString(CultureInfo.InvariantCulture) : "")
                .Add("Being removed", volume.PendingDelete ? "yes" : "");
            foreach (var status in volume.PublishStatus)
            {
                summary.Head("Published").Add("  Node", status.NodeId).Add("  State", status.State.ToString()).Add("  Message", status.Message);
            }

            summary.WriteTo(globals.Output);
        });
        return command;
    }

    private static Command Remove(GlobalOptions globals)
    {
        var name = new Argument<string>("VOLUME");
        var force = new Option<bool>("--force", "-f") { Description = "forget it, whatever its driver makes of it" };
        var command = new Command("remove", "Remove a cluster volume") { name, force };
        command.Aliases.Add("rm");
        command.SetAction(async (result, cancellationToken) =>
        {
            var client = globals.Client(result);
            var volume = await Lookup.VolumeAsync(client, result.GetValue(name)!, cancellationToken);
            var request = new RemoveVolumeRequest { VolumeId = volume.Id, Force = result.GetValue(force) };
            await client.RemoveVolumeAsync(request, cancellationToken: cancellationToken);
            globals.Output.WriteLine(volume.Id);
        });
        return command;
    }
}
