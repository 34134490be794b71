using System.Collections.Immutable;
using System.Security.Cryptography;

namespace SwarmOrleans.Store;

/// <summary>
/// The cluster's keys for log and snapshots: 32 bytes each under a number. New data is written with <see cref="CurrentId"/>; the others
/// are for reading. Immutable.
/// </summary>
public sealed class Keyring
{
    /// <summary>Length of a key in bytes.</summary>
    public const int KeyLength = 32;

    private readonly ImmutableSortedDictionary<int, byte[]> _keys;

    /// <summary>A keyring of these keys.</summary>
    /// <exception cref="ArgumentException">A key has not 32 bytes, an id is below 1, or the current key is missing.</exception>
    public Keyring(IEnumerable<KeyValuePair<int, byte[]>> keys, int currentId)
    {
        _keys = keys.ToImmutableSortedDictionary();
        foreach (var (id, key) in _keys)
        {
            if (id < 1 || key.Length != KeyLength)
            {
                throw new ArgumentException($"key {id} must have an id of at least 1 and {KeyLength} bytes", nameof(keys));
            }
        }

        if (!_keys.ContainsKey(currentId))
        {
            throw new ArgumentException($"the keyring has no key {currentId}", nameof(currentId));
        }

        CurrentId = currentId;
    }

    /// <summary>Number of the key that new data is written with.</summary>
    public int CurrentId { get; }

    /// <summary>All keys by number.</summary>
    public IReadOnlyDictionary<int, byte[]> Keys => _keys;

    /// <summary>A keyring with one new random key, number 1.</summary>
    public static Keyring Generate() => new([new(1, RandomNumberGenerator.GetBytes(KeyLength))], 1);

    /// <summary>The key with that number.</summary>
    /// <exception cref="UnknownKeyException">It is not in the keyring.</exception>
    public byte[] Find(int id) => _keys.TryGetValue(id, out var key) ? key : throw new UnknownKeyException(id);
}

/// <summary>Data is encrypted with a key that this manager does not have. It must not be skipped: the manager fetches the key or stops.</summary>
public sealed class UnknownKeyException(int id) : Exception($"the keyring has no key {id}")
{
    /// <summary>Number of the missing key.</summary>
    public int KeyId { get; } = id;
}
