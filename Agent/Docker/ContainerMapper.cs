using Docker.DotNet.Models;
using Google.Protobuf.WellKnownTypes;
using SwarmOrleans.Contracts;
using Mount = Docker.DotNet.Models.Mount;

namespace SwarmOrleans.Agent.Docker;

/// <summary>A task's spec as the engine's container parameters.</summary>
internal static class ContainerMapper
{
    // The client's models declare unset fields as not null; null leaves them out of the request.
    private const string LabelPrefix = "com.docker.swarm.";

    /// <summary>Name of the task's container: <c>service.slot.id</c>.</summary>
    public static string NameOf(SwarmTask task)
    {
        if (task.Annotations is { Name.Length: > 0 } annotations)
        {
            return annotations.Name;
        }

        var slot = task.Slot == 0 ? task.NodeId : task.Slot.ToString(System.Globalization.CultureInfo.InvariantCulture);
        return $"{task.ServiceAnnotations?.Name}.{slot}.{task.Id}";
    }

    public static CreateContainerParameters Map(SwarmTask task, TaskFiles files)
    {
        var spec = task.Spec.Container;
        return new CreateContainerParameters
        {
            Name = NameOf(task),
            Image = spec.Image,
            Entrypoint = spec.Command.Count > 0 ? [.. spec.Command] : null!,
            Cmd = spec.Args.Count > 0 ? [.. spec.Args] : null!,
            Env = [.. spec.Env],
            Hostname = spec.Hostname.Length > 0 ? spec.Hostname : null!,
            User = spec.User.Length > 0 ? spec.User : null!,
            WorkingDir = spec.Dir.Length > 0 ? spec.Dir : null!,
            Tty = spec.Tty,
            OpenStdin = spec.OpenStdin,
            StopSignal = spec.StopSignal.Length > 0 ? spec.StopSignal : null!,
            Labels = Labels(task),
            Healthcheck = Health(spec.Healthcheck),
            ExposedPorts = ContainerPorts.Exposed(task),
            HostConfig = Host(task, files),
        };
    }

    private static Dictionary<string, string> Labels(SwarmTask task)
    {
        var labels = new Dictionary<string, string>(task.Spec.Container.Labels)
        {
            [LabelPrefix + "task"] = "",
            [LabelPrefix + "task.id"] = task.Id,
            [LabelPrefix + "task.name"] = NameOf(task),
            [LabelPrefix + "node.id"] = task.NodeId,
            [LabelPrefix + "service.id"] = task.ServiceId,
            [LabelPrefix + "service.name"] = task.ServiceAnnotations?.Name ?? "",
        };
        return labels;
    }

    private static HostConfig Host(SwarmTask assigned, TaskFiles files)
    {
        var (task, spec) = (assigned.Spec, assigned.Spec.Container);
        var config = new HostConfig
        {
            Mounts = [.. spec.Mounts.Select(Map), .. files.Secrets.Concat(files.Configs).Select(Map)],
            PortBindings = ContainerPorts.Bindings(assigned),
            GroupAdd = [.. spec.Groups],
            ReadonlyRootfs = spec.ReadOnly,
            Init = spec.Init,
            CapAdd = [.. spec.CapabilityAdd],
            CapDrop = [.. spec.CapabilityDrop],
            Sysctls = new Dictionary<string, string>(spec.Sysctls),
            ExtraHosts = [.. spec.Hosts.Select(ToExtraHost)],
            DNS = [.. spec.DnsConfig?.Nameservers ?? []],
            DNSSearch = [.. spec.DnsConfig?.Search ?? []],
            DNSOptions = [.. spec.DnsConfig?.Options ?? []],
            OomScoreAdj = spec.OomScoreAdj,
            PidsLimit = spec.PidsLimit > 0 ? spec.PidsLimit : null,
            NanoCPUs = task.Resources?.Limits?.NanoCpus ?? 0,
            Memory = task.Resources?.Limits?.MemoryBytes ?? 0,
            MemoryReservation = task.Resources?.Reservations?.MemoryBytes ?? 0,
            Ulimits = [.. spec.Ulimits.Select(u => new Ulimit { Name = u.Name, Soft = u.Soft, Hard = u.Hard })],
        };
        if (task.LogDriver is { Name.Length: > 0 } driver)
        {
            config.LogConfig = new LogConfig { Type = driver.Name, Config = new Dictionary<string, string>(driver.Options) };
        }

        return config;
    }

    private static Mount Map(TaskFile file) => new() { Type = "bind", Source = file.Path, Target = file.Target, ReadOnly = true };

    private static Mount Map(Contracts.Mount mount) => new()
    {
        Type = mount.Type.ToString().ToLowerInvariant(),
        Source = mount.Source.Length > 0 ? mount.Source : null,
        Target = mount.Target,
        ReadOnly = mount.Readonly,
        TmpfsOptions = mount.TmpfsOptions is { } tmpfs ? new TmpfsOptions { SizeBytes = tmpfs.SizeBytes, Mode = tmpfs.Mode } : null,
        BindOptions = mount.BindOptions is { } bind ? new BindOptions { Propagation = bind.Propagation.ToString().ToLowerInvariant() } : null,
        VolumeOptions = mount.VolumeOptions is { } volume
            ? new VolumeOptions
            {
                NoCopy = volume.Nocopy,
                Labels = new Dictionary<string, string>(volume.Labels),
                DriverConfig = volume.DriverConfig is { } driver
                    ? new global::Docker.DotNet.Models.Driver { Name = driver.Name, Options = new Dictionary<string, string>(driver.Options) }
                    : null,
            }
            : null,
    };

    // Swarm writes "address name alias…", the engine "name:address".
    private static string ToExtraHost(string line)
    {
        var parts = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return parts.Length >= 2 ? $"{parts[1]}:{parts[0]}" : line;
    }

    private static HealthcheckConfig? Health(HealthConfig? health) => health is null ? null : new HealthcheckConfig
    {
        Test = [.. health.Test],
        Interval = Span(health.Interval),
        Timeout = Span(health.Timeout),
        StartPeriod = Span(health.StartPeriod),
        Retries = health.Retries,
    };

    private static TimeSpan Span(Duration? duration) => duration?.ToTimeSpan() ?? TimeSpan.Zero;
}
