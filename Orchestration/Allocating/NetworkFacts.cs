using SwarmOrleans.Contracts;

namespace SwarmOrleans.Orchestration;

/// <summary>Questions about networks that several rules ask.</summary>
public static class NetworkFacts
{
    /// <summary>The driver of networks that span nodes, and of networks that name none (NET-1).</summary>
    public const string Overlay = "overlay";

    /// <summary>Option of a driver's state, and of a spec that wants certain ones: the ids of its subnets, commas between (NET-3).</summary>
    public const string VxlanIdsOption = "com.docker.network.driver.overlay.vxlanid_list";

    private const string InternalLabel = "com.docker.swarm.internal";
    private const string IngressName = "ingress";

    /// <summary>Name of the driver that it has or is to have.</summary>
    public static string DriverName(this Network network) =>
        network.Spec?.DriverConfig?.Name is { Length: > 0 } name ? name : Overlay;

    /// <summary>Its addresses are each node's own matter (NET-1).</summary>
    public static bool IsNodeLocal(this Network network) => network.DriverName() != Overlay;

    /// <summary>Published ports go through it (NET-8).</summary>
    public static bool IsIngress(this Network network) => network.Spec is { } spec
        && (spec.Ingress || (spec.Annotations is { Name: IngressName } annotations && annotations.Labels.ContainsKey(InternalLabel)));

    /// <summary>It has got everything that tasks on it need.</summary>
    public static bool IsAllocated(this Network network) => network is { DriverState: not null, Ipam: not null };

    /// <summary>The networks that the tasks of such a service are on (ALO-6), that of its published ports left out.</summary>
    public static IReadOnlyList<NetworkAttachmentConfig> Networks(this ServiceSpec spec)
    {
#pragma warning disable CS0612 // Old clients still name networks here.
        return spec.Task is { Networks.Count: > 0 } task ? task.Networks : spec.Networks;
#pragma warning restore CS0612
    }

    /// <summary>It publishes a port through the ingress network.</summary>
    public static bool NeedsIngress(this EndpointSpec? spec) =>
        spec is not null && spec.Ports.Any(p => p.PublishMode == PortConfig.Types.PublishMode.Ingress);

    /// <summary>How users know it.</summary>
    public static string DisplayName(this Network network) => network.Spec?.Annotations?.Name is { Length: > 0 } name ? name : network.Id;

    /// <summary>Why nobody gets an address in that network, for the user.</summary>
    internal static string Lack(string id, Network? network, AddressBook book) => network switch
    {
        null when id.Length == 0 => "the ingress network is missing",
        null => $"network {id} does not exist",
        _ when network.IsAllocated() => $"no address is free in network {network.DisplayName()} ({book.Describe(id)})",
        _ => $"network {network.DisplayName()} is not allocated yet{(network.WaitsFor.Length > 0 ? $": {network.WaitsFor}" : "")}",
    };
}
