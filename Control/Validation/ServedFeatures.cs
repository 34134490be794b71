using SwarmOrleans.Contracts;

namespace SwarmOrleans.Control.Validation;

/// <summary>What agents do not give a task yet: refused, since a task without it would run and be wrong.</summary>
public static class ServedFeatures
{
    private const string NoVolumes = "cluster volumes are not served by this version: CSI plugins are not run";

    /// <exception cref="UseCaseException">Always: no driver would ever make the volume (section 20).</exception>
    public static void RefuseVolume(VolumeSpec spec) => throw UseCaseException.Unimplemented($"spec: {NoVolumes}");

    /// <exception cref="UseCaseException">The spec asks for it.</exception>
    public static void Require(ServiceSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
#pragma warning disable CS0612 // Older clients still send the service's own.
        if (spec.Task?.Networks.Count > 0 || spec.Networks.Count > 0)
#pragma warning restore CS0612
        {
            throw UseCaseException.Unimplemented("task.networks: networks are not attached to tasks by this version");
        }

        if (spec.Task?.Container?.Mounts.Any(m => m.Type == Mount.Types.Type.Cluster) == true)
        {
            throw UseCaseException.Unimplemented($"task.container.mounts: {NoVolumes}");
        }

        for (var i = 0; i < (spec.Endpoint?.Ports.Count ?? 0); i++)
        {
            if (spec.Endpoint!.Ports[i] is { PublishMode: PortConfig.Types.PublishMode.Ingress } port)
            {
                throw UseCaseException.Unimplemented(
                    $"endpoint.ports[{i}].publish_mode: ingress is not served by this version, whose agents have no routing mesh; publish port {port.TargetPort} with mode=host");
            }
        }
    }
}
