using System.Numerics;
using System.Runtime.InteropServices;

namespace SwarmOrleans.Store.Tables;

/// <summary>A hash of keys that is the same in every process, since it decides the order in which tables are enumerated.</summary>
internal static class KeyHash
{
    private const ulong Multiplier = 0x9E3779B97F4A7C15;

    public static ulong Of(string key)
    {
        var text = key.AsSpan();
        var hash = (ulong)text.Length * Multiplier;
        while (text.Length >= 4)
        {
            hash = Mix(hash ^ MemoryMarshal.Read<ulong>(MemoryMarshal.AsBytes(text)));
            text = text[4..];
        }

        foreach (var c in text)
        {
            hash = Mix(hash ^ c);
        }

        return hash ^ (hash >> 32);
    }

    private static ulong Mix(ulong value)
    {
        value *= Multiplier;
        return BitOperations.RotateLeft(value, 29) * Multiplier ^ (value >> 31);
    }
}
