using System.Numerics;
using SwarmOrleans.Contracts;

namespace SwarmOrleans.Tests.Unit.Contracts;

public sealed class RandomIdSourceTests
{
    [Fact]
    public void NewId_IsTheRandomNumberInBase36_WithoutItsFirstAndLastDigit()
    {
        var ids = new RandomIdSource(new Random(7));
        var bytes = new Random(7);
        for (var i = 0; i < 1000; i++)
        {
            Assert.Equal(Expected(bytes), ids.NewId());
        }
    }

    private static string Expected(Random random)
    {
        var bytes = new byte[17];
        random.NextBytes(bytes);
        bytes[0] |= 0x80;
        var digits = new Stack<char>();
        for (var number = new BigInteger(bytes, isUnsigned: true, isBigEndian: true); number > 0; number /= 36)
        {
            digits.Push("0123456789abcdefghijklmnopqrstuvwxyz"[(int)(number % 36)]);
        }

        return new string([.. digits.Skip(1).Take(25)]);
    }
}
