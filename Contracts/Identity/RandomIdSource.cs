using System.Numerics;
using System.Security.Cryptography;

namespace SwarmOrleans.Contracts;

/// <summary>
/// Identifiers as SwarmKit makes them: 17 random bytes with the top bit set, in base 36, of which 25 characters are kept.
/// </summary>
/// <param name="random">Source of chance; null takes the operating system's.</param>
public sealed class RandomIdSource(Random? random = null) : IIdSource
{
    private const int Length = 25;
    private const string Digits = "0123456789abcdefghijklmnopqrstuvwxyz";
    private readonly Lock _lock = new();

    /// <summary>Identifiers from the operating system's randomness.</summary>
    public static RandomIdSource Secure { get; } = new();

    /// <inheritdoc />
    public string NewId()
    {
        Span<byte> bytes = stackalloc byte[17];
        if (random is null)
        {
            RandomNumberGenerator.Fill(bytes);
        }
        else
        {
            lock (_lock)
            {
                random.NextBytes(bytes);
            }
        }

        bytes[0] |= 0x80;
        return string.Create(Length, new BigInteger(bytes, isUnsigned: true, isBigEndian: true), static (text, number) =>
        {
            // The number always has 27 digits; the first digit is not uniform and the last is not needed.
            number /= 36;
            for (var i = text.Length - 1; i >= 0; i--)
            {
                number = BigInteger.DivRem(number, 36, out var digit);
                text[i] = Digits[(int)digit];
            }
        });
    }
}
