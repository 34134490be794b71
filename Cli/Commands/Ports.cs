using System.Globalization;
using SwarmOrleans.Contracts;
using Protocol = SwarmOrleans.Contracts.PortConfig.Types.Protocol;
using PublishMode = SwarmOrleans.Contracts.PortConfig.Types.PublishMode;

namespace SwarmOrleans.Cli.Commands;

/// <summary>Published ports as options spell them.</summary>
internal static class Ports
{
    /// <summary><c>name:port[/protocol][:nodeport[/protocol]]</c>: published on the task's node.</summary>
    public static PortConfig Named(string option, string text)
    {
        var parts = text.Split(':');
        if (parts.Length is < 2 or > 3 || parts[0].Length == 0)
        {
            throw new CommandException($"{option}: \"{text}\" is not of the form name:port[/protocol][:nodeport[/protocol]]");
        }

        var (target, protocol) = PortOf(option, parts[1]);
        var (published, _) = parts.Length == 3 ? PortOf(option, parts[2]) : (0, protocol);
        return new PortConfig { Name = parts[0], TargetPort = target, Protocol = protocol, PublishedPort = published, PublishMode = PublishMode.Host };
    }

    /// <summary><c>[published:]target[/protocol]</c>, or <c>published=80,target=8080,protocol=tcp,mode=ingress</c>.</summary>
    public static PortConfig Parse(string option, string text)
    {
        if (text.Contains('=', StringComparison.Ordinal))
        {
            return ParseLong(option, text);
        }

        var parts = text.Split(':');
        if (parts.Length > 2)
        {
            throw new CommandException($"{option}: \"{text}\" is not of the form [published:]target[/protocol]");
        }

        var (target, protocol) = PortOf(option, parts[^1]);
        return new PortConfig { TargetPort = target, Protocol = protocol, PublishedPort = parts.Length == 2 ? PortOf(option, parts[0]).Port : 0 };
    }

    /// <summary>How a port is shown: <c>name published -> target/protocol (mode)</c>, with <c>*</c> for a number that is chosen by the node.</summary>
    public static string Spell(PortConfig port)
    {
        var name = port.Name.Length > 0 ? $"{port.Name} " : "";
        var published = port.PublishedPort == 0 ? "*" : port.PublishedPort.ToString(CultureInfo.InvariantCulture);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{name}{published} -> {port.TargetPort}/{port.Protocol.ToString().ToLowerInvariant()} ({port.PublishMode.ToString().ToLowerInvariant()})");
    }

    /// <summary>Several of them in one cell of a table.</summary>
    public static string Spell(IEnumerable<PortConfig>? ports) => string.Join(", ", (ports ?? []).Select(Spell));

    /// <summary>The ports of a service: those that it has, or those that its spec asks for while it has none.</summary>
    public static IReadOnlyList<PortConfig> Of(Service service) =>
        service.Endpoint is { Ports.Count: > 0 } endpoint ? endpoint.Ports : service.Spec.Endpoint?.Ports ?? (IReadOnlyList<PortConfig>)[];

    /// <summary>A range of ports, <c>30000-32767</c>.</summary>
    public static DynamicPorts Range(string option, string text)
    {
        var parts = text.Split('-');
        return parts.Length == 2
            ? new DynamicPorts { First = Number(option, parts[0]), Last = Number(option, parts[1]) }
            : throw new CommandException($"{option}: \"{text}\" is not of the form FIRST-LAST");
    }

    private static PortConfig ParseLong(string option, string text)
    {
        var port = new PortConfig();
        foreach (var (key, value) in KeyValues.Parse(option, text.Split(',')))
        {
            switch (key)
            {
                case "name":
                    port.Name = value;
                    break;
                case "target":
                    port.TargetPort = Number(option, value);
                    break;
                case "published":
                    port.PublishedPort = Number(option, value);
                    break;
                case "protocol":
                    port.Protocol = ProtocolOf(option, value);
                    break;
                case "mode":
                    port.PublishMode = value switch
                    {
                        "ingress" => PublishMode.Ingress,
                        "host" => PublishMode.Host,
                        _ => throw new CommandException($"{option}: \"{value}\" is neither ingress nor host"),
                    };
                    break;
                default:
                    throw new CommandException($"{option}: \"{key}\" is not known; use name, target, published, protocol, mode");
            }
        }

        return port;
    }

    private static (uint Port, Protocol Protocol) PortOf(string option, string text)
    {
        var parts = text.Split('/', 2);
        return (Number(option, parts[0]), parts.Length == 2 ? ProtocolOf(option, parts[1]) : Protocol.Tcp);
    }

    private static uint Number(string option, string text) => ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        ? number
        : throw new CommandException($"{option}: \"{text}\" is not a port");

    private static Protocol ProtocolOf(string option, string text) => text switch
    {
        "tcp" => Protocol.Tcp,
        "udp" => Protocol.Udp,
        "sctp" => Protocol.Sctp,
        _ => throw new CommandException($"{option}: \"{text}\" is neither tcp, udp nor sctp"),
    };
}
