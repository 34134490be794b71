using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;

namespace SwarmOrleans.Security;

/// <summary>
/// What a new node shows to join: <c>SWMTKN-1-DIGEST-SECRET</c> (A.2). The digest pins the root CA bundle, so that a joining node cannot be fooled;
/// the secret decides the role.
/// </summary>
public static class JoinToken
{
    private const int DigestLength = 50;
    private const int SecretLength = 25;
    private const string Digits = "0123456789abcdefghijklmnopqrstuvwxyz";

    /// <summary>A token with a new secret for the cluster with this root CA bundle.</summary>
    public static string Create(byte[] rootBundle)
    {
        ArgumentNullException.ThrowIfNull(rootBundle);
        return $"SWMTKN-1-{DigestOf(rootBundle)}-{Base36(RandomNumberGenerator.GetBytes(16), SecretLength)}";
    }

    /// <summary>The digest part of <paramref name="token"/>.</summary>
    /// <exception cref="FormatException">The token has not the form of a join token; the message names the rule.</exception>
    public static string ParseDigest(string token)
    {
        ArgumentNullException.ThrowIfNull(token);
        var parts = token.Split('-');
        if (parts[0] != "SWMTKN")
        {
            throw new FormatException("invalid join token: it must begin with SWMTKN-");
        }

        var digest = parts switch
        {
            [_, "1", var d, var s] when s.Length == SecretLength => d,
            [_, "2", "0" or "1", var d, var s] when s.Length == SecretLength => d,
            [_, "1" or "2", ..] => throw new FormatException($"invalid join token: it must end with a secret of {SecretLength} characters"),
            _ => throw new FormatException("invalid join token: unknown version"),
        };
        return digest.Length == DigestLength
            ? digest
            : throw new FormatException($"invalid join token: its digest must have {DigestLength} characters");
    }

    /// <summary>True when the bundle is the one that the token was made for.</summary>
    public static bool Matches(string token, byte[] rootBundle) => ParseDigest(token) == DigestOf(rootBundle);

    /// <summary>Compares whole tokens without telling by time where they differ.</summary>
    public static bool AreEqual(string a, string b) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(a), Encoding.UTF8.GetBytes(b));

    private static string DigestOf(byte[] bundle) => Base36(SHA256.HashData(bundle), DigestLength);

    private static string Base36(byte[] bytes, int length)
    {
        var number = new BigInteger(bytes, isUnsigned: true, isBigEndian: true);
        var text = new StringBuilder(length);
        for (; number > 0; number /= 36)
        {
            text.Insert(0, Digits[(int)(number % 36)]);
        }

        return text.ToString().PadLeft(length, '0');
    }
}
