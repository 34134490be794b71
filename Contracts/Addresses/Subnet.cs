using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace SwarmOrleans.Contracts;

/// <summary>A block of IPv4 addresses. Addresses are numbers, the first byte the most significant.</summary>
/// <param name="First">Lowest address: its bits after the prefix are zero.</param>
/// <param name="Prefix">Bits that all addresses have in common, 0 to 32.</param>
public readonly record struct Subnet(uint First, int Prefix)
{
    private const int Bits = 32;

    /// <summary>Highest address.</summary>
    public uint Last => First | ~Mask(Prefix);

    /// <summary>Number of addresses.</summary>
    public long Size => 1L << (Bits - Prefix);

    /// <summary>The block that <paramref name="text"/> names, such as 10.1.0.0/16; bits after the prefix are not looked at. Null for anything else.</summary>
    public static Subnet? TryParse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && TryParseAddress(text[..slash]) is { } address
            && int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var prefix) && prefix <= Bits
            ? Of(address, prefix)
            : null;
    }

    /// <summary>The block of that size that the address is in.</summary>
    public static Subnet Of(uint address, int prefix) => new(address & Mask(prefix), prefix);

    /// <summary>An address, alone or with a prefix behind it as in 10.1.0.7/16; null for anything else.</summary>
    public static uint? TryParseAddress(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var address = slash < 0 ? text : text[..slash];

        // The runtime would take 1 for 0.0.0.1.
        if (address.Count(c => c == '.') != 3 || !IPAddress.TryParse(address, out var parsed) || parsed.AddressFamily != AddressFamily.InterNetwork)
        {
            return null;
        }

        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        return parsed.TryWriteBytes(bytes, out _) ? System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(bytes) : null;
    }

    /// <summary>The address with four numbers.</summary>
    public static string Format(uint address) =>
        string.Create(CultureInfo.InvariantCulture, $"{address >> 24}.{(address >> 16) & 0xff}.{(address >> 8) & 0xff}.{address & 0xff}");

    /// <summary>True for the block's own addresses.</summary>
    public bool Contains(uint address) => (address & Mask(Prefix)) == First;

    /// <summary>True when every address of the other is one of this.</summary>
    public bool Contains(Subnet other) => Prefix <= other.Prefix && Contains(other.First);

    /// <summary>True when they have an address in common.</summary>
    public bool Overlaps(Subnet other) => Contains(other) || other.Contains(this);

    /// <summary>An address of the block as objects hold it (NET-4): 10.1.0.7/16.</summary>
    public string Spell(uint address) => string.Create(CultureInfo.InvariantCulture, $"{Format(address)}/{Prefix}");

    /// <inheritdoc />
    public override string ToString() => Spell(First);

    private static uint Mask(int prefix) => prefix == 0 ? 0 : uint.MaxValue << (Bits - prefix);
}
