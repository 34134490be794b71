using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace SwarmOrleans.Daemon;

/// <summary>Addresses as flags spell them.</summary>
internal static class Addresses
{
    /// <summary>Parses <c>host:port</c>; a name is resolved.</summary>
    /// <exception cref="FormatException">It is not one; the message names the flag.</exception>
    public static IPEndPoint Parse(string flag, string text)
    {
        var colon = text.LastIndexOf(':');
        if (colon < 0 || !ushort.TryParse(text[(colon + 1)..], System.Globalization.CultureInfo.InvariantCulture, out var port) || port == 0)
        {
            throw new FormatException($"{flag}: \"{text}\" is not HOST:PORT with a port from 1 to 65535");
        }

        var host = text[..colon].Trim('[', ']');
        if (host.Length == 0)
        {
            return new IPEndPoint(IPAddress.Any, port);
        }

        if (IPAddress.TryParse(host, out var address))
        {
            return new IPEndPoint(address, port);
        }

        try
        {
            return new IPEndPoint(Dns.GetHostAddresses(host, AddressFamily.InterNetwork).First(), port);
        }
        catch (Exception e) when (e is SocketException or InvalidOperationException)
        {
            throw new FormatException($"{flag}: host \"{host}\" cannot be resolved", e);
        }
    }

    /// <summary>The address that others dial when the node listens on <paramref name="listen"/>: that one, or the machine's first if it listens on all.</summary>
    public static IPEndPoint Advertised(IPEndPoint listen) => listen.Address.Equals(IPAddress.Any) ? new IPEndPoint(OwnAddress(), listen.Port) : listen;

    private static IPAddress OwnAddress() => NetworkInterface.GetAllNetworkInterfaces()
        .Where(i => i.OperationalStatus == OperationalStatus.Up && i.NetworkInterfaceType != NetworkInterfaceType.Loopback)
        .Where(i => i.GetIPProperties().GatewayAddresses.Count > 0)
        .SelectMany(i => i.GetIPProperties().UnicastAddresses)
        .Select(a => a.Address)
        .FirstOrDefault(a => a.AddressFamily == AddressFamily.InterNetwork) ?? IPAddress.Loopback;
}
