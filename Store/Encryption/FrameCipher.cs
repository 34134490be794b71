using System.Buffers.Binary;
using System.Security.Cryptography;

namespace SwarmOrleans.Store.Encryption;

/// <summary>
/// Seals frames with AES-256-GCM: format byte, key id, nonce, tag, content. The tag covers the purpose and the frame's number, so that
/// frames cannot be exchanged, reordered or taken for another kind.
/// </summary>
internal sealed class FrameCipher(Keyring keyring) : IDisposable
{
    /// <summary>Bytes that sealing adds.</summary>
    public const int Overhead = 1 + 4 + NonceLength + TagLength;

    private const byte Format = 1;
    private const int NonceLength = 12;
    private const int TagLength = 16;
    private const int HeaderLength = 1 + 4;

    private readonly Dictionary<int, AesGcm> _ciphers = [];
    private readonly Lock _lock = new();
    private Keyring _keyring = keyring;

    /// <summary>Takes another keyring. A number names the same key in both.</summary>
    public void Use(Keyring keyring)
    {
        lock (_lock)
        {
            _keyring = keyring;
        }
    }

    /// <summary>Seals <paramref name="content"/>.</summary>
    public byte[] Seal(FramePurpose purpose, long number, ReadOnlySpan<byte> content)
    {
        var frame = new byte[Overhead + content.Length];
        Seal(purpose, number, content, frame);
        return frame;
    }

    /// <summary>Seals <paramref name="content"/> into <paramref name="frame"/>, which is longer by <see cref="Overhead"/>.</summary>
    public void Seal(FramePurpose purpose, long number, ReadOnlySpan<byte> content, Span<byte> frame)
    {
        frame[0] = Format;
        var nonce = frame.Slice(HeaderLength, NonceLength);
        RandomNumberGenerator.Fill(nonce);
        Span<byte> associated = stackalloc byte[9];
        Associate(associated, purpose, number);
        lock (_lock)
        {
            var id = _keyring.CurrentId;
            BinaryPrimitives.WriteInt32LittleEndian(frame[1..], id);
            Cipher(id).Encrypt(nonce, content, frame[Overhead..], frame.Slice(HeaderLength + NonceLength, TagLength), associated);
        }
    }

    /// <summary>Opens a frame.</summary>
    /// <returns>Its content.</returns>
    /// <exception cref="UnknownKeyException">Sealed with a key that is not here.</exception>
    /// <exception cref="InvalidDataException">Not a frame, of another purpose or number, or damaged.</exception>
    public byte[] Open(FramePurpose purpose, long number, ReadOnlySpan<byte> frame)
    {
        var content = new byte[Math.Max(0, frame.Length - Overhead)];
        Open(purpose, number, frame, content);
        return content;
    }

    /// <summary>Opens a frame into <paramref name="destination"/>, which is not shorter than the content.</summary>
    /// <returns>Length of the content.</returns>
    /// <exception cref="UnknownKeyException">Sealed with a key that is not here.</exception>
    /// <exception cref="InvalidDataException">Not a frame, of another purpose or number, or damaged.</exception>
    public int Open(FramePurpose purpose, long number, ReadOnlySpan<byte> frame, Span<byte> destination)
    {
        if (frame.Length < Overhead || frame[0] != Format)
        {
            throw new InvalidDataException("not an encrypted frame of format 1");
        }

        var id = BinaryPrimitives.ReadInt32LittleEndian(frame[1..]);
        var content = destination[..(frame.Length - Overhead)];
        Span<byte> associated = stackalloc byte[9];
        Associate(associated, purpose, number);
        try
        {
            lock (_lock)
            {
                Cipher(id).Decrypt(
                    frame.Slice(HeaderLength, NonceLength), frame[Overhead..], frame.Slice(HeaderLength + NonceLength, TagLength), content, associated);
            }
        }
        catch (AuthenticationTagMismatchException e)
        {
            throw new InvalidDataException("an encrypted frame does not match its checksum", e);
        }

        return content.Length;
    }

    public void Dispose()
    {
        foreach (var cipher in _ciphers.Values)
        {
            cipher.Dispose();
        }
    }

    private static void Associate(Span<byte> associated, FramePurpose purpose, long number)
    {
        associated[0] = (byte)purpose;
        BinaryPrimitives.WriteInt64LittleEndian(associated[1..], number);
    }

    private AesGcm Cipher(int id)
    {
        if (!_ciphers.TryGetValue(id, out var cipher))
        {
            cipher = new AesGcm(_keyring.Find(id), TagLength);
            _ciphers.Add(id, cipher);
        }

        return cipher;
    }
}

/// <summary>What a frame is part of.</summary>
internal enum FramePurpose : byte
{
    /// <summary>An entry of the log.</summary>
    Entry = 1,

    /// <summary>A frame of a snapshot.</summary>
    Snapshot = 2,
}
