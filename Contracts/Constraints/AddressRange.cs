using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace SwarmOrleans.Contracts.Constraints;

/// <summary>
/// One IP address or a CIDR block, in any notation of v4 or v6. Bits behind the prefix are ignored; a v4 address written as v6 is that v4 address.
/// </summary>
internal readonly record struct AddressRange
{
    private const int BitsPerByte = 8;

    private readonly byte[] _bytes;
    private readonly int _prefix;

    private AddressRange(byte[] bytes, int prefix)
    {
        _bytes = bytes;
        _prefix = prefix;
    }

    /// <summary>Parses an address or a block; null when it is neither.</summary>
    public static AddressRange? TryParse(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (Bytes(slash < 0 ? text : text[..slash]) is not { } bytes)
        {
            return null;
        }

        var bits = bytes.Length * BitsPerByte;
        if (slash < 0)
        {
            return new AddressRange(bytes, bits);
        }

        return int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var prefix) && prefix <= bits
            ? new AddressRange(bytes, prefix)
            : null;
    }

    /// <summary>True when <paramref name="address"/> is an address in it.</summary>
    public bool Contains(string address)
    {
        if (Bytes(address) is not { } bytes || bytes.Length != _bytes.Length)
        {
            return false;
        }

        for (var i = 0; i < _prefix; i++)
        {
            var mask = 0x80 >> (i % BitsPerByte);
            if (((bytes[i / BitsPerByte] ^ _bytes[i / BitsPerByte]) & mask) != 0)
            {
                return false;
            }
        }

        return true;
    }

    private static byte[]? Bytes(string text)
    {
        if (!IPAddress.TryParse(text, out var address))
        {
            return null;
        }

        // .NET also reads "10" and "0x0a.1" as addresses, which nobody writes for one.
        if (address.AddressFamily == AddressFamily.InterNetwork && text.AsSpan().Count('.') != 3)
        {
            return null;
        }

        return (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).GetAddressBytes();
    }
}
