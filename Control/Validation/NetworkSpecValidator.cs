using System.Net;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Control.Validation;

/// <summary>Checks a network's spec before it is stored (API-28).</summary>
internal static class NetworkSpecValidator
{
    /// <summary>Marks networks that every node has of its own; only managers make their objects.</summary>
    public const string PredefinedLabel = "com.docker.swarm.predefined";

    private const string Overlay = "overlay";

    private static readonly string[] Drivers = [Overlay, "bridge", "host", "ipvlan", "macvlan"];

    public static void Validate(NetworkSpec? spec)
    {
        if (spec is null)
        {
            throw UseCaseException.Invalid("spec: a network spec must be given");
        }

        Names.Validate(spec.Annotations);
        if (spec.Annotations.Labels.ContainsKey(PredefinedLabel))
        {
            throw new UseCaseException(UseCaseError.PermissionDenied, $"label {PredefinedLabel} is for internally created predefined networks only");
        }

        if (spec.Ingress && spec.Attachable)
        {
            throw UseCaseException.Invalid("ingress network cannot be attachable");
        }

        ValidateDriver(spec);
        ValidateAddresses(spec.Ipam);
    }

    private static void ValidateDriver(NetworkSpec spec)
    {
        if (spec.DriverConfig is { Name: "" })
        {
            throw UseCaseException.Invalid("driver name: if driver is specified name is required");
        }

        var driver = spec.DriverConfig?.Name ?? Overlay;
        if (!Drivers.Contains(driver))
        {
            throw UseCaseException.Invalid($"driver name: network driver {driver} is not known, only {string.Join(", ", Drivers)}");
        }

        if (spec.Ingress && driver != Overlay)
        {
            throw UseCaseException.Unimplemented("only overlay driver is currently supported for ingress network");
        }

        if (spec.Ipam?.Driver is { Name: not ("" or "default") } addresses)
        {
            throw UseCaseException.Invalid($"driver name: address management driver {addresses.Name} is not known, only default");
        }
    }

    private static void ValidateAddresses(IPAMOptions? options)
    {
        foreach (var config in options?.Configs ?? [])
        {
            Validate(config);
        }
    }

    private static void Validate(IPAMConfig config)
    {
        if (config.Subnet.Length == 0)
        {
            throw UseCaseException.Invalid("ipam configuration: subnet must be given");
        }

        var subnet = Cidr.TryParse(config.Subnet) ?? throw UseCaseException.Invalid($"ipam configuration: invalid subnet {config.Subnet}: it is not of the form 10.1.0.0/16");
        if (config.Range.Length > 0)
        {
            var range = Cidr.TryParse(config.Range) ?? throw UseCaseException.Invalid($"ipam configuration: invalid range {config.Range}: it is not of the form 10.1.2.0/24");
            if (!subnet.Contains(range))
            {
                throw UseCaseException.Invalid($"ipam configuration: subnet {config.Subnet} does not contain range {config.Range}");
            }
        }

        if (config.Gateway.Length > 0)
        {
            if (!Cidr.TryParseAddress(config.Gateway, out var gateway))
            {
                throw UseCaseException.Invalid($"ipam configuration: invalid gateway {config.Gateway}: it is not an address");
            }

            if (!subnet.Contains(gateway))
            {
                throw UseCaseException.Invalid($"ipam configuration: subnet {config.Subnet} does not contain gateway {config.Gateway}");
            }
        }
    }
}

/// <summary>A block of addresses.</summary>
internal readonly struct Cidr
{
    private readonly IPNetwork _network;

    private Cidr(IPNetwork network) => _network = network;

    /// <summary>The block; bits after the prefix are not looked at. Null for anything else.</summary>
    public static Cidr? TryParse(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0 || !TryParseAddress(text[..slash], out var address)
            || !int.TryParse(text[(slash + 1)..], System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var prefix))
        {
            return null;
        }

        var bytes = address.GetAddressBytes();
        if (prefix > bytes.Length * 8)
        {
            return null;
        }

        for (var i = 0; i < bytes.Length; i++)
        {
            var bits = Math.Clamp(prefix - (i * 8), 0, 8);
            bytes[i] &= (byte)(0xff00 >> bits);
        }

        return new Cidr(new IPNetwork(new IPAddress(bytes), prefix));
    }

    /// <summary>Addresses in full: the runtime would take 1 for 0.0.0.1.</summary>
    public static bool TryParseAddress(string text, out IPAddress address)
    {
        address = IPAddress.None;
        return (text.Contains(':', StringComparison.Ordinal) || text.Count(c => c == '.') == 3) && IPAddress.TryParse(text, out address!);
    }

    public bool Contains(IPAddress address) => _network.Contains(address);

    public bool Contains(Cidr other) => _network.PrefixLength <= other._network.PrefixLength && _network.Contains(other._network.BaseAddress);
}
