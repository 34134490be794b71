using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace SwarmOrleans.Contracts;

/// <summary>
/// Identifiers as SwarmKit makes them: 17 random bytes with the top bit set, in base 36, of which 25 characters are kept.
/// </summary>
/// <param name="random">Source of chance; null takes the operating system's.</param>
public sealed class RandomIdSource(Random? random = null) : IIdSource
{
    private const int Length = 25;
    private const int Limbs = 5;
    private const int DigitsAtATime = 6;
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
        Number number = default;
        number[0] = bytes[0];
        for (var i = 1; i < Limbs; i++)
        {
            number[i] = BinaryPrimitives.ReadUInt32BigEndian(bytes[(4 * i - 3)..]);
        }

        // The number always has 27 digits; the first digit is not uniform and the last is not needed.
        Divide(ref number, 36);
        return string.Create(Length, number, static (text, number) =>
        {
            uint digits = 0;
            for (var i = text.Length - 1; i >= 0; i--)
            {
                if ((text.Length - 1 - i) % DigitsAtATime == 0)
                {
                    digits = Divide(ref number, 36 * 36 * 36 * 36 * 36 * 36u);
                }

                (digits, var digit) = Math.DivRem(digits, 36);
                text[i] = Digits[(int)digit];
            }
        });
    }

    // Divides in place and returns the remainder.
    private static uint Divide(ref Number number, uint divisor)
    {
        ulong rest = 0;
        for (var i = 0; i < Limbs; i++)
        {
            (var quotient, rest) = Math.DivRem((rest << 32) | number[i], divisor);
            number[i] = (uint)quotient;
        }

        return (uint)rest;
    }

    [InlineArray(Limbs)]
    private struct Number
    {
        private uint _first;
    }
}
